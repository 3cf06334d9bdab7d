//! One file for each way.

pub(crate) mod dbha;
pub(crate) mod dump_pipe;
pub(crate) mod floor;
pub(crate) mod mydumper;
