//! How a change of the plan that is scheduled looks to a person.

use crate::app::dry_run::WouldChange;
use crate::app::plan::change::{PlanDryRun, Scheduled};
use crate::output::Show;
use crate::output::page::{Page, Tone};
use crate::provider::plans::on_day;

pub use crate::app::plan::change::ChangedPlan;

impl Show for ChangedPlan {
    fn show(&self, page: &mut Page) {
        let name = self.tier_name.as_deref();
        let plan = name.unwrap_or("The plan");
        let when = on_day(self.effective_at.as_deref());
        let already = if self.changed { "" } else { " (it was so already: nothing was sent)" };
        let (tone, text) = match (self.scheduled, name) {
            (Scheduled::TierChange, _) => {
                (Tone::Good, format!("{plan} begins {when}; nothing is charged now{already}."))
            }
            (Scheduled::Cancellation, _) => {
                (Tone::Good, format!("{plan} ends {when} and is not renewed{already}."))
            }
            (Scheduled::None, Some(_)) => (Tone::Good, format!("{plan} goes on{already}.")),
            (Scheduled::None, None) => {
                (Tone::Plain, "There is no subscription: nothing to cancel.".to_owned())
            }
        };
        page.line(tone, &text);
        if let Some(message) = &self.message {
            page.field("the portal says", Tone::Plain, message);
        }
        page.link("change it", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}

impl Show for PlanDryRun {
    fn show(&self, page: &mut Page) {
        let plan = self.tier_name.as_deref().unwrap_or("The plan");
        let when = on_day(self.effective_at.as_deref());
        let text = match (self.would, self.scheduled_after) {
            (WouldChange::Nothing, _) => "It is so already: nothing would be sent.".to_owned(),
            (WouldChange::Change, Scheduled::TierChange) => {
                format!("{plan} would begin {when}; nothing would be charged now.")
            }
            (WouldChange::Change, Scheduled::Cancellation) => {
                format!("{plan} would end {when} and not be renewed.")
            }
            (WouldChange::Change, Scheduled::None) => {
                format!("{plan} would go on: what is scheduled would be taken back.")
            }
        };
        page.line(Tone::Strong, &format!("{text} Nothing was changed."));
        page.link("change it", &self.portal_url);
        page.sandbox(self.sandbox);
    }
}
