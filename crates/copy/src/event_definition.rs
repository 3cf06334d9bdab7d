/// Changes the definition of an event so that it does not run where it is created; `None` when it does not run anyway.
///
/// A replica keeps events of its source like this: they come alive when somebody enables them.
pub(crate) fn asleep(create: &[u8], words: &str) -> Option<Vec<u8>> {
    let at = state_of(create)?;
    let rest = create[at..].strip_prefix(b" ENABLE")?;
    let mut changed = create[..at].to_vec();
    changed.push(b' ');
    changed.extend_from_slice(words.as_bytes());
    changed.extend_from_slice(rest);
    Some(changed)
}

/// Returns the definition without the words that tell whether the event runs, for comparing.
pub(crate) fn without_state(create: &[u8]) -> Vec<u8> {
    let words: [&[u8]; 4] = [
        b" ENABLE",
        b" DISABLE ON SLAVE",
        b" DISABLE ON REPLICA",
        b" DISABLE",
    ];
    let Some(at) = state_of(create) else {
        return create.to_vec();
    };
    let state = words.into_iter().find(|word| create[at..].starts_with(word));
    let mut rest = create[..at].to_vec();
    rest.extend_from_slice(&create[at + state.map_or(0, <[u8]>::len)..]);
    rest
}

/// Finds the place behind `ON COMPLETION [NOT] PRESERVE`, outside of names and texts.
fn state_of(create: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < create.len() {
        let quote = create[at];
        if matches!(quote, b'`' | b'\'') {
            at += 1 + create[at + 1..].iter().position(|byte| *byte == quote)? + 1;
            continue;
        }
        for words in [&b" ON COMPLETION NOT PRESERVE"[..], b" ON COMPLETION PRESERVE"] {
            if create[at..].starts_with(words) {
                return Some(at + words.len());
            }
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &[u8] =
        b"CREATE DEFINER=`a`@`%` EVENT ` ON COMPLETION PRESERVE ENABLE` ON SCHEDULE EVERY 1 DAY \
        STARTS '2024-01-01 00:00:00' ON COMPLETION NOT PRESERVE ENABLE COMMENT 'ENABLE' DO SELECT 1";

    #[test]
    fn only_the_state_is_changed() {
        let changed = String::from_utf8(asleep(EVENT, "DISABLE ON SLAVE").unwrap()).unwrap();
        assert!(changed.contains("ON COMPLETION NOT PRESERVE DISABLE ON SLAVE COMMENT 'ENABLE'"));
        assert!(changed.contains("` ON COMPLETION PRESERVE ENABLE`"));
    }

    #[test]
    fn a_disabled_event_stays_as_it_is() {
        let disabled = String::from_utf8_lossy(EVENT).replace("PRESERVE ENABLE C", "PRESERVE DISABLE C");
        assert_eq!(asleep(disabled.as_bytes(), "DISABLE ON SLAVE"), None);
    }

    #[test]
    fn the_state_does_not_count_in_a_comparison() {
        let asleep = asleep(EVENT, "DISABLE ON REPLICA").unwrap();
        assert_eq!(without_state(&asleep), without_state(EVENT));
    }
}
