//! End-to-end tests live in `end_to_end/`; this file only gives cargo a target.
