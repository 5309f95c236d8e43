//! Notices and take-downs against an account, their outcomes and appeals.

use super::SimulateError;
use super::account::{DAYS, Stay, at};
use super::random::Random;
use super::world::World;
use crate::record::{EnforcementDraft, RightDraft};

impl World<'_> {
    /// What is taken against an operator's account: notices, and where it was closed, its end.
    pub(super) fn take_down(&mut self, random: &mut Random, stay: &Stay) -> Result<(), SimulateError> {
        let Some(closed) = stay.span.closed else { return Ok(()) };
        let dials = self.maker.dials;
        let before = random.runs(dials.strikes_more, 4) as i32;
        for nth in 0..before {
            let day = (closed - (before - nth) * random.between(2, 9)).max(stay.span.opened);
            let action = *random.pick(&["WARNING", "TAKEDOWN", "TAKEDOWN"]);
            let upheld = random.chance(dials.upheld);
            self.notice(random, stay, day, action, upheld)?;
        }
        let action = *random.pick(&["BAN", "BAN", "SUSPENSION"]);
        let upheld = random.chance(dials.upheld);
        self.notice(random, stay, closed, action, upheld)
    }

    /// Somebody complains about an honest seller, mostly without reason.
    pub(super) fn complaint(&mut self, random: &mut Random, stay: &Stay) -> Result<(), SimulateError> {
        let dials = self.maker.dials;
        if random.chance(dials.honest_notice) {
            let upheld = random.chance(dials.honest_upheld);
            let day = (stay.span.opened + random.between(3, 60)).min(DAYS);
            self.notice(random, stay, day, "TAKEDOWN", upheld)?;
        }
        Ok(())
    }

    fn notice(
        &mut self,
        random: &mut Random,
        stay: &Stay,
        day: i32,
        action: &str,
        upheld: bool,
    ) -> Result<(), SimulateError> {
        let dials = self.maker.dials;
        let product = self.maker.words.products[stay.product];
        self.notices += 1;
        let decided = day + random.between(4, 30);
        let office = *random.pick(&["UKIPO", "EUIPO", "CNIPA"]);
        let platform = stay.key.split_once('/').unwrap_or_default();
        let mut notice = EnforcementDraft {
            platform: platform.0.to_owned(),
            enforcement_id: format!("E{:08}", self.notices),
            account_id: platform.1.to_owned(),
            listing_id: stay.listings.first().cloned().unwrap_or_default(),
            source: platform.0.to_owned(),
            observed_at: at(decided, random.below(86_400)),
            right: Some(RightDraft {
                kind: product.right.to_owned(),
                office: office.to_owned(),
                number: format!("ZZ{:06}", 900_000 + stay.product),
            }),
            rights_holder: product.holder.to_owned(),
            action: action.to_owned(),
            taken_at: at(day, random.below(86_400)),
            outcome: if upheld { "UPHELD" } else { *random.pick(&["DISMISSED", "PENDING"]) }.to_owned(),
            decided_at: String::new(),
            appeal: "NONE".to_owned(),
            harm: product.harm.to_owned(),
            expires_at: String::new(),
        };
        if notice.outcome != "PENDING" {
            notice.decided_at = at(decided, 0);
        }
        let appealed = upheld && random.chance(dials.appeal);
        if appealed {
            notice.appeal = "OPEN".to_owned();
        }
        self.files.enforcement(&notice)?;
        // Decided later, as a later observation of the same notice; of late appeals nobody knows the end yet.
        let end = decided + random.between(10, 90);
        if appealed && end <= DAYS {
            let allowed = random.chance(dials.appeal_allowed);
            notice.appeal = if allowed { "ALLOWED" } else { "REFUSED" }.to_owned();
            if allowed {
                notice.outcome = "REVERSED".to_owned();
            }
            notice.observed_at = at(end, random.below(86_400));
            self.files.enforcement(&notice)?;
        }
        Ok(())
    }
}
