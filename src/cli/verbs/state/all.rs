//! `topup state --all`: how every profile looks side by side.

use crate::app::overview::profiles::{ProfileState, ReadState};
use crate::core::duration;
use crate::core::system::System;
use crate::output::Show;
use crate::output::page::{Page, Tone};
use std::time::Duration;

pub use crate::app::overview::profiles::Profiles;

impl Show for Profiles {
    fn show(&self, page: &mut Page) {
        let rows = self.worst_first.iter().map(|place| line(&self.profiles[*place]));
        page.table(&["profile", "system", "state", "age"], rows);
    }
}

fn line(profile: &ProfileState) -> (Tone, Vec<String>) {
    let (tone, text) = match (&profile.data, &profile.error) {
        (Some(ReadState::Now(state)), _) => {
            (Tone::Plain, state.brief().aimed(&profile.target).to_string())
        }
        (_, Some(error)) => (Tone::Bad, format!("{}: {error}", error.class().name())),
        (_, None) => (Tone::Dim, String::new()),
    };
    let age = match (profile.age_s, profile.ok) {
        (_, true) => "now".to_owned(),
        (Some(seconds), false) => duration::show(Duration::from_secs(seconds)),
        (None, false) => "-".to_owned(),
    };
    let system = profile.provider.map_or("-", System::title).to_owned();
    (tone, vec![profile.profile.clone(), system, text, age])
}
