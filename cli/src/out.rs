//! Printing that survives a reader who left: a closed pipe must not end a set-up half-way.

use std::{fmt, io::Write};

/// Writes data to standard output.
pub fn write_data(text: fmt::Arguments<'_>) {
    let _ = std::io::stdout().lock().write_fmt(text);
}

/// Writes what is said to a person to standard error.
pub fn write_talk(text: fmt::Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// Prints a line of data on standard output.
macro_rules! data {
    () => { $crate::out::write_data(format_args!("\n")) };
    ($($text:tt)+) => { $crate::out::write_data(format_args!("{}\n", format_args!($($text)+))) };
}

/// Says a line to a person on standard error.
macro_rules! talk {
    () => { $crate::out::write_talk(format_args!("\n")) };
    ($($text:tt)+) => { $crate::out::write_talk(format_args!("{}\n", format_args!($($text)+))) };
}
