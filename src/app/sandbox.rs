//! The test portal of one's own: served until it is stopped, and begun again.

use crate::core::dialog::Report;
use crate::core::failure::{Failure, Result};
use crate::core::files::{self, FileAccess};
use crate::core::signals::Interrupt;
use crate::core::target::is_sandbox;
use crate::credentials::Store;
use crate::sandbox::{Portal, ServeOptions, ServedPortal, settings};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a portal is served.
pub struct ServeWish {
    /// Where it listens, and what it approves by itself.
    pub options: ServeOptions,
    /// Gets the URL and the tokens once it answers.
    pub ready_file: Option<PathBuf>,
    /// The time until a charge is settled, where that is to be changed.
    pub settle_after: Option<Duration>,
    /// Any number of charges an hour.
    pub no_rate_limit: bool,
}

/// Serves this portal until a signal comes.
///
/// # Errors
/// Class `config` when its state, its address or the ready file cannot be used.
pub fn serve(
    portal: &Portal,
    wish: &ServeWish,
    interrupt: &Interrupt,
    report: &dyn Report,
) -> Result<()> {
    portal.work(|work| {
        if let Some(time) = wish.settle_after {
            settings::assign(work, &format!("settle-after={}ms", time.as_millis()))?;
        }
        if wish.no_rate_limit {
            settings::assign(work, "rate-limit=off")?;
        }
        Ok(())
    })?;
    if !wish.options.listen.ip().is_loopback() {
        report.warn(&"anyone who can reach this address can use this sandbox".into());
    }
    let running = portal.serve(&wish.options)?;
    if let Some(file) = &wish.ready_file {
        write_ready(file, &portal.ready(&running)?)?;
    }
    let base = running.base_url();
    report
        .note(&format!("The sandbox portal is at {base} (no real money). Ctrl-C ends it.").into());
    while interrupt.seen().is_none() {
        // A signal ends the wait at once; otherwise there is nothing to do here.
        let _ = interrupt.sleep(Duration::from_secs(3600));
    }
    Ok(())
}

/// Whole or not at all, and for this user alone: there are tokens in it.
fn write_ready(file: &Path, ready: &ServedPortal) -> Result<()> {
    let line = serde_json::to_string(ready)
        .map_err(|cause| Failure::internal("the ready line could not be written").because(cause))?;
    files::replace(file, format!("{line}\n").as_bytes(), FileAccess::Private).map_err(|cause| {
        Failure::config(format!("{} cannot be written: {cause}", file.display()))
            .because(anyhow::Error::new(cause))
    })
}

/// Begins the portal in this file again. Logins of the account before are of no use any more: they
/// are forgotten, where these are the logins that belong to it.
///
/// # Errors
/// Class `config` when its state or the logins cannot be used.
pub fn reset(
    file: &Path,
    newcomer: bool,
    logins: Option<&Store>,
    interrupt: &Interrupt,
) -> Result<()> {
    // Those of the new account may be there before they are forgotten, taken by another run.
    let old = logins.map(portals_with_logins).unwrap_or_default();
    Portal::open(file)?.reset(newcomer)?;
    let Some(store) = logins.filter(|_| !old.is_empty()) else { return Ok(()) };
    let locked = store.lock(interrupt)?;
    let mut contents = locked.read()?;
    contents.logins.retain(|login| !old.contains(&login.portal));
    contents.pending.retain(|pending| !old.contains(&pending.portal));
    locked.write(&contents)
}

/// The sandboxes that there are logins of. A file that cannot be read is for `login` to mend.
fn portals_with_logins(store: &Store) -> Vec<String> {
    let contents = store.read().unwrap_or_default();
    let portals = contents.logins.iter().map(|login| &login.portal);
    let portals = portals.chain(contents.pending.iter().map(|pending| &pending.portal));
    portals.filter(|portal| is_sandbox(portal)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::tests::shop::FakeShop;
    use crate::core::signals::Signal;
    use crate::credentials::fake::{Does, Fake, Home};
    use std::fs;

    #[test]
    fn a_reset_forgets_the_logins_of_the_old_account_alone() {
        let fake = Fake::start(|_, _| Does::HangUp);
        let home = Home::at(&fake.base);
        home.log_in(600);
        home.change(|contents| {
            let mut login = contents.logins[0].clone();
            login.portal = "sandbox:old".to_owned();
            contents.logins.push(login);
        });
        let file = home.folder.path().join("sandbox.db");
        reset(&file, false, Some(&home.store()), &home.interrupt).expect("reset");
        let left = home.store().read().expect("readable").logins;
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].portal, home.portal.identity);
        // A portal of another file has no logins here.
        home.change(|contents| contents.logins[0].portal = "sandbox:other".to_owned());
        reset(&file, true, None, &home.interrupt).expect("reset");
        assert_eq!(home.store().read().expect("readable").logins.len(), 1);
    }

    #[test]
    fn a_portal_is_served_until_a_signal_comes() {
        let folder = crate::core::scratch::tempdir().expect("a folder");
        let ready = folder.path().join("ready.json");
        let portal = Portal::ephemeral().expect("a portal");
        let (interrupt, shop) = (Interrupt::default(), FakeShop::new());
        let wish = ServeWish {
            options: ServeOptions::default(),
            ready_file: Some(ready.clone()),
            settle_after: Some(Duration::from_secs(3)),
            no_rate_limit: true,
        };
        interrupt.came(Signal::Interrupt);
        serve(&portal, &wish, &interrupt, &shop).expect("served");
        let text = fs::read_to_string(&ready).expect("the ready file");
        assert!(text.contains("http://127.0.0.1:"), "{text}");
        assert!(shop.said.borrow()[0].starts_with("The sandbox portal is at"));
    }
}
