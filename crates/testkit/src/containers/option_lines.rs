//! The option file of a server in a container, beside what its image has.

use crate::option_file::{buffers, replication};
use crate::{Release, ServerOptions};

/// Renders small buffers and the settings of a server that is plausible but not prepared, with these options over them.
pub(super) fn render(release: Release, options: &ServerOptions) -> String {
    let mut defaults = buffers(release);
    defaults.push(("skip_name_resolve", "ON".to_owned()));
    if !options.is_stock() {
        defaults.extend(replication(release));
    }
    format!("[mysqld]\n{}", options.over(&defaults))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_server_has_no_line_about_replication() {
        let plain = render(Release::MariaDb10_11, &ServerOptions::new());
        let stock = render(Release::MariaDb10_11, &ServerOptions::new().stock());
        assert!(plain.contains("log_bin=binlog\n") && plain.starts_with("[mysqld]\n"));
        assert!(
            !stock.contains("log_bin") && !stock.contains("server_id"),
            "{stock}"
        );
        assert!(stock.contains("innodb_buffer_pool_size=32M\n"));
    }
}
