//! The one file that dbha writes on a server's machine.

use super::{Host, HostError, script::Script, shell::quote};

/// Name of the file; it sorts behind what packages and people put beside it.
pub(crate) const DROP_IN_NAME: &str = "zz-dbha.cnf";

/// What the first line of the file has in it, and no other file.
pub(crate) const SIGN: &str = "of a pair made by dbha";

/// Options by which the reading of a server's files is compared with the server's own.
pub(super) const NAMES: [&str; 6] = [
    "server_id",
    "log_bin",
    "log_slave_updates",
    "gtid_domain_id",
    "auto_increment_offset",
    "read_only",
];

/// Tells whether a file is dbha's own.
pub(crate) fn is_own(text: &str) -> bool {
    let first = text.lines().next().unwrap_or("");
    first.starts_with('#') && first.contains(SIGN)
}

/// Refuses to touch a file of somebody else's at this path, in the moment of touching it.
fn guard(path: &str) -> String {
    let path = quote(path);
    let sign = quote(SIGN);
    format!(
        "if [ -L {path} ] || {{ [ -e {path} ] && ! head -n 1 {path} | grep -q {sign}; }}; then \
         echo 'the file that is there is not of dbha' >&2; exit 1; fi\n"
    )
}

/// Returns the commands that write the file whole or not at all; readable for everybody, since it holds no secret.
pub(super) fn writing(path: &str, text: &str) -> String {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    // Without .cnf at its end no server reads it.
    let unfinished = quote(&format!("{directory}/.{DROP_IN_NAME}.new"));
    let (path_word, text, directory) = (quote(path), quote(text), quote(directory));
    format!(
        "{}umask 022\nrm -f {unfinished}\nprintf '%s' {text} > {unfinished} || exit 1\n\
         chown --reference={directory} {unfinished} 2>/dev/null\nchmod 644 {unfinished} || exit 1\n\
         sync {unfinished} 2>/dev/null\nmv -f {unfinished} {path_word} || exit 1\n",
        guard(path)
    )
}

/// Returns the commands that remove the file.
pub(super) fn removing(path: &str) -> String {
    format!("{}rm -f {} || exit 1\n", guard(path), quote(path))
}

impl Host {
    /// Reads a file of the machine; `None` where there is none.
    pub(crate) async fn read_file(&self, path: &str) -> Result<Option<String>, HostError> {
        let word = quote(path);
        let there = format!("if [ -e {word} ]; then echo yes; fi");
        let script = Script::new().section("there", &there).section(
            "text",
            &format!("if [ -e {word} ]; then cat {word} || exit 1; fi"),
        );
        let seen = self.run(&format!("read {path}"), &script).await?;
        let text = String::from_utf8_lossy(seen.bytes("text")).into_owned();
        Ok((seen.text("there") == "yes").then_some(text))
    }

    /// Puts dbha's own file at a path, whole or not at all; `None` removes it. Another file there is never touched.
    pub(crate) async fn put_option_file(&self, path: &str, text: Option<&str>) -> Result<(), HostError> {
        let (doing, commands) = match text {
            Some(text) => (format!("write {path}"), writing(path, text)),
            None => (format!("remove {path}"), removing(path)),
        };
        self.run(&doing, &Script::new().section("put", &commands)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostAccess;

    #[test]
    fn only_what_dbha_wrote_is_its_own() {
        assert!(is_own("# Primary of a pair made by dbha.\n[mysqld]\n"));
        assert!(!is_own("[mysqld]\n# Primary of a pair made by dbha.\n"));
        assert!(!is_own(""));
    }

    #[tokio::test]
    async fn a_file_of_somebody_else_is_neither_replaced_nor_removed() {
        let directory = std::env::temp_dir().join(format!("dbha-drop-in-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join(DROP_IN_NAME);
        let name = path.to_str().unwrap();
        let host = Host::new(HostAccess::Local);
        let own = "# Primary of a pair made by dbha.\n[mysqld]\nx='$(id)'\\n\n";

        host.put_option_file(name, Some(own)).await.unwrap();
        assert_eq!(host.read_file(name).await.unwrap().as_deref(), Some(own));
        host.put_option_file(name, None).await.unwrap();
        assert_eq!(host.read_file(name).await.unwrap(), None);
        std::fs::write(&path, "[mysqld]\n").unwrap();
        assert!(host.put_option_file(name, Some(own)).await.is_err());
        assert!(host.put_option_file(name, None).await.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[mysqld]\n");
        assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 1);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
