//! What the option files of a pair's servers begin with.

use dbha_core::{Dialect, SetupOptions, Side, Version, option_file, plan_for_new_server};

use crate::{Release, ServerOptions};

/// Returns the options of one server: what dbha would set, so that a restart loses nothing, and over it what the
/// caller wants.
pub(super) fn option_lines(
    release: Release,
    side: Side,
    setup: &SetupOptions,
    wanted: &ServerOptions,
) -> ServerOptions {
    let Some(dialect) = dialect(release) else {
        return wanted.clone();
    };
    let text = option_file(dialect, &plan_for_new_server(dialect, side, setup));
    let lines = text.lines().filter_map(|line| line.split_once('='));
    // A server that is closed to its own root cannot be given a root: dbha closes it, and the server keeps that.
    let lines = lines.filter(|(name, _)| !name.starts_with(['#', '[']) && *name != "super_read_only");
    // Nor is a primary that is read-only set up.
    let lines = lines.filter(|(name, _)| side == Side::Secondary || *name != "read_only");
    let kept = lines.fold(ServerOptions::new(), |options, (name, value)| {
        options.set(name, value)
    });
    kept.overlaid_by(wanted)
}

/// Returns the dialect of a release, as its server would give it away.
fn dialect(release: Release) -> Option<Dialect> {
    let series = release.series();
    let version = match release.is_mysql() {
        // Of a series the newest is here, not its first: what the first ones could not do must not be left out.
        true => format!("{series}.99"),
        false => format!("{series}.99-MariaDB"),
    };
    let (flavor, version) = Version::detect(&version).ok()?;
    Some(Dialect::new(flavor, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_has_the_last_word() {
        let wanted = ServerOptions::new().set("binlog_format", "MIXED");
        for release in Release::ALL {
            let options = option_lines(release, Side::Secondary, &SetupOptions::default(), &wanted);
            let text = options.over(&[("server_id", "1".to_owned())]);
            assert!(text.contains("server_id=2\n"), "{text}");
            assert!(text.contains("binlog_format=MIXED\n"), "{text}");
            assert!(
                !text.contains("super_read_only") && !text.contains("ROW"),
                "{text}"
            );
        }
    }
}
