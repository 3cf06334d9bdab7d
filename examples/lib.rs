//! The examples stand beside this file; it only gives cargo a target.
