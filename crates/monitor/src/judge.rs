use crate::{Heartbeat, LookReport, MonitorSettings, PairReport, commits::Since, lag::LagMeter, look::Look};
use dbha_core::{Both, Condition, Problem, Seen, Side, Unseen, Watched, assess_watched};
use std::time::{Duration, Instant, SystemTime};

/// For how long a write of a standby's own is shown.
const OWN_WRITE_SHOWN: Duration = Duration::from_secs(60);

/// From the last looks at both servers to one report.
pub(crate) struct Judge {
    pair: String,
    servers: Both<(String, String)>,
    settings: MonitorSettings,
    meters: Both<LagMeter>,
    own_writes: Both<Option<(u64, Instant)>>,
    answered: Both<Option<f64>>,
    commits: Since,
    began: Instant,
}

impl Judge {
    /// Makes the judge of a pair; `servers` are names and addresses.
    pub(crate) fn new(pair: &str, servers: Both<(String, String)>, settings: MonitorSettings) -> Self {
        Self {
            pair: pair.to_owned(),
            servers,
            settings,
            meters: Both {
                primary: LagMeter::default(),
                secondary: LagMeter::default(),
            },
            own_writes: Both {
                primary: None,
                secondary: None,
            },
            answered: Both {
                primary: None,
                secondary: None,
            },
            commits: Since::default(),
            began: Instant::now(),
        }
    }

    /// Returns the name of the pair.
    pub(crate) fn pair(&self) -> &str {
        &self.pair
    }

    /// Tells whether enough time went by to judge even a server that was never looked at.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.began) > self.patience()
    }

    fn patience(&self) -> Duration {
        self.settings.tick + self.settings.answer_limit + Duration::from_millis(500)
    }

    /// Judges the pair; a look that is too old counts as none.
    pub(crate) fn judge(&mut self, looks: &Both<Option<Look>>, now: Instant) -> (PairReport, Both<Seen>) {
        let seen = looks.map(|side, look| self.seen(side, look.as_ref(), now));
        let setup_at_work = fresh(looks, &seen).any(|(_, look)| look.setup_at_work);
        for (side, look) in fresh(looks, &seen) {
            *self.answered.of_mut(side) = Some(unix_time(look.at));
            if look.own_writes > 0 && !setup_at_work {
                *self.own_writes.of_mut(side) = Some((look.own_writes, look.at));
            }
            let own_id = look.seen.as_ref().ok().map(|facts| facts.server_id);
            if let Some(beat) = own_id.and_then(|id| look.heartbeats.get(&id)) {
                self.meters.of_mut(side).source_holds(*beat);
            }
        }
        let watched = Watched {
            lag: Both {
                primary: self.lag_from(Side::Primary, looks, &seen),
                secondary: self.lag_from(Side::Secondary, looks, &seen),
            },
            lagging_from: self.settings.lagging_from,
            problems: seen.map(|side, seen| self.problems(side, seen, looks.of(side).as_ref(), now)),
        };
        let mut status = assess_watched(&self.pair, &seen, &watched);
        if let Some(durability) = &mut status.durability {
            self.commits.note(durability, unix_time(now));
        }
        let report = PairReport {
            status,
            at: unix_time(now),
            looks: Side::BOTH
                .into_iter()
                .map(|side| self.look_report(side, looks.of(side).as_ref(), seen.of(side)))
                .collect(),
            standing: vec![],
            setup_at_work,
            silenced: false,
        };
        (report, seen)
    }

    fn seen(&self, side: Side, look: Option<&Look>, now: Instant) -> Seen {
        let silent_for = match look {
            Some(look) => now.saturating_duration_since(look.at),
            None => now.saturating_duration_since(self.began),
        };
        match look {
            Some(look) if silent_for <= self.patience() => look.seen.clone(),
            // A refusal says more than silence, however old it is.
            Some(Look {
                seen: Err(unseen), ..
            }) => Err(unseen.clone()),
            _ => {
                let (name, address) = self.servers.of(side).clone();
                Err(Unseen {
                    text: format!("{name} has not answered for {:.0} s", silent_for.as_secs_f64()),
                    fix:
                        "look at the server: it takes connections and does not answer, or its machine is gone"
                            .into(),
                    name,
                    address,
                })
            }
        }
    }

    fn lag_from(&self, source: Side, looks: &Both<Option<Look>>, seen: &Both<Seen>) -> Option<Duration> {
        let facts = seen.of(source).as_ref().ok()?;
        seen.of(source.peer()).as_ref().ok()?;
        let (there, here) = (looks.of(source).as_ref()?, looks.of(source.peer()).as_ref()?);
        if there.heartbeat != Heartbeat::Written {
            return None;
        }
        let (clock, read) = there.clock?;
        let (_, asked) = here.clock?;
        let at = clock + asked.saturating_duration_since(read).as_secs_f64()
            - read.saturating_duration_since(asked).as_secs_f64();
        let held = here.heartbeats.get(&facts.server_id).copied();
        self.meters.of(source).behind(held, at)
    }

    fn problems(&self, side: Side, seen: &Seen, look: Option<&Look>, now: Instant) -> Vec<Problem> {
        let (Ok(facts), Some(look)) = (seen, look) else {
            return vec![];
        };
        let mut found = vec![];
        if let Some(words) = &look.heartbeat_refused {
            found.push(Problem {
                code: Condition::HeartbeatStuck,
                text: format!("the heartbeat cannot be written on {}: {words}", facts.name),
                fix: "give the monitor's account its privileges (dbha render monitor-account), or start the monitor with --no-heartbeat".into(),
            });
        }
        let recent = self
            .own_writes
            .of(side)
            .filter(|(_, at)| now.saturating_duration_since(*at) <= OWN_WRITE_SHOWN);
        if let Some((count, _)) = recent {
            found.push(Problem {
                code: Condition::OwnWrites,
                text: format!(
                    "{} is read-only and has just logged {count} transactions of its own",
                    facts.name
                ),
                fix: "find who writes there with SUPER or its like; dbha verify compares the data of both"
                    .into(),
            });
        }
        found
    }

    fn look_report(&self, side: Side, look: Option<&Look>, seen: &Seen) -> LookReport {
        let facts = seen.as_ref().ok();
        let offset = facts.map(|facts| facts.clock_offset);
        LookReport {
            server: self.servers.of(side).0.clone(),
            answered_at: *self.answered.of(side),
            took: look.map_or(0.0, |look| look.took.as_secs_f64()),
            clock_ahead: offset.map(|offset| offset.ahead),
            clock_error: offset.map(|offset| offset.error),
            heartbeat: match (facts, look) {
                (Some(_), Some(look)) => look.heartbeat,
                _ => Heartbeat::Unknown,
            },
        }
    }
}

/// Returns the looks that answered and still count.
fn fresh<'a>(looks: &'a Both<Option<Look>>, seen: &'a Both<Seen>) -> impl Iterator<Item = (Side, &'a Look)> {
    Side::BOTH
        .into_iter()
        .filter(|side| seen.of(*side).is_ok())
        .filter_map(|side| Some((side, looks.of(side).as_ref()?)))
}

/// Returns the time of a moment, in seconds since 1970.
pub(crate) fn unix_time(at: Instant) -> f64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64());
    now - at.elapsed().as_secs_f64()
}
