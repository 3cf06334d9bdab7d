//! MariaDB or MySQL.

use clap::ValueEnum;

/// MariaDB or MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlavorArg {
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}
