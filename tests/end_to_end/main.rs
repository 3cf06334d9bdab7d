//! End-to-end tests: the program itself against real servers that each test starts and ends.
//!
//! A file about one thing that a person does with dbha is a module of tests (`setup_…`, `status`, `demo` …); the
//! others are what those share. Slow tests have `slow_` in their names and run in `make test-all` only.

// Tests fail by panicking, and say what they skip.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod contents_of_server;
mod end_state;
mod eventually;
mod fake_server;
mod operator;
mod papers;
mod processes;
mod ran;
mod refusal;
mod releases;
mod roaming_writers;
mod servers;
mod session;
mod snapshot_of_server;
mod sshd;
mod stopped_at;
mod stripping_proxy;
mod tool;
mod trial;
mod watcher;
mod watching;
mod writers;

mod by_way_of_files;
mod check;
mod copy_fidelity;
mod copy_goes_on;
mod copy_keys;
mod copy_local_loading;
mod copy_lock_waits;
mod copy_meets_purges;
mod demo;
mod diverged;
mod explains;
mod hostile_server;
mod monitor_account;
mod monitor_daemon;
mod monitor_http;
mod monitor_tells_causes;
mod monitor_watches;
mod ndjson;
mod option_files;
mod option_files_over_ssh;
mod preflight;
mod preflight_findings;
mod preflight_login;
mod preflight_probe;
mod preflight_uncopyable;
mod quoting;
mod render;
mod render_haproxy;
mod render_prometheus;
mod render_systemd;
mod restart;
mod rotate_password;
mod sandbox;
mod saved_plans;
mod scenario_page;
mod secrets;
mod setup_adopt;
mod setup_clone;
mod setup_clone_cut_off;
mod setup_converges;
mod setup_cut_off;
mod setup_frozen;
mod setup_killed_at_random;
mod setup_meanwhile;
mod setup_meets_restarts;
mod setup_new_pair;
mod setup_odd_names;
mod setup_one_writer;
mod setup_overwrite;
mod setup_refusals;
mod setup_repairs;
mod setup_replace;
mod setup_second_run;
mod setup_sql_modes;
mod setup_tls;
mod setup_two_runs;
mod setup_under_writers;
mod setup_unreachable;
mod setup_verified_links;
mod setup_without_lock;
mod status;
mod status_watched;
mod switchover;
mod undo;
mod usage;
mod verify;
mod verify_cut_off;
