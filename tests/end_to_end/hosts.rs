//! dbha as it runs in a machine room: hosts with addresses of their own on one switch, real Keepalived and HAProxy, a
//! writer behind one address, and somebody who tries to write on both servers all the time.
//!
//! `network` makes the hosts and cuts them apart, `service` stands for systemd, `world` puts a pair on them; `writer`
//! and `sampler` see what happens, `judgement` says what that means. The others are scenes.

mod etcd;
mod guard;
mod guarded;
mod haproxy;
mod host_server;
mod judgement;
mod keepalived;
mod network;
mod sampler;
mod service;
mod world;
mod writer;

mod by_command;
pub(crate) mod by_lease;
mod systemd;
