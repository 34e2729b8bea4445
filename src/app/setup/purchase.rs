//! The parts of a purchase, opened in one place, and where purchases are kept.

use super::{Setup, once};
use crate::config::SpendingLimits;
use crate::config::keys::SettingSource;
use crate::core::env;
use crate::core::failure::Result;
use crate::core::target::PortalTarget;
use crate::credentials::Session;
use crate::purchase::journal::Spool;
use crate::purchase::key::{Fleet, Surroundings};
use crate::purchase::place::JournalPlace;
use crate::purchase::request::PurchasePlace;
use crate::store::state::StateStore;
use std::sync::Arc;

/// What buying takes of what a run finds, beside the seller: the login there, the journal, and the
/// rules that hold.
pub struct PurchaseParts<'s> {
    /// Where the journal and the locks are kept.
    pub journal: JournalPlace,
    /// The login at the seller.
    pub session: Session<'s>,
    /// The portal.
    pub portal: &'s PortalTarget,
    /// Where a purchase of this run is made.
    pub place: PurchasePlace,
    /// The limits of the profile.
    pub limits: SpendingLimits,
    /// Only this journal buys for the account, as the profile or the environment vouches.
    pub sole_buyer: bool,
    /// What the CI system says about this run.
    pub surroundings: Surroundings,
}

impl Setup {
    /// Opens them; signals are waited for from here on.
    ///
    /// # Errors
    /// As [`Setup::session`], and class `config` when there is no home.
    pub fn purchase_parts(&self) -> Result<PurchaseParts<'_>> {
        self.purchase_parts_at(self.journal()?)
    }

    /// The same for what begins no purchase: without a home the journal is empty.
    ///
    /// # Errors
    /// As [`Setup::session`], and class `config` for a variable that names no home.
    pub fn purchase_parts_to_read(&self) -> Result<PurchaseParts<'_>> {
        self.purchase_parts_at(self.journal_to_read()?.unwrap_or_else(JournalPlace::nowhere))
    }

    fn purchase_parts_at(&self, journal: JournalPlace) -> Result<PurchaseParts<'_>> {
        let limits = self.settings()?.limits;
        Ok(PurchaseParts {
            journal,
            session: self.session()?,
            portal: self.portal()?,
            place: self.place()?,
            limits,
            sole_buyer: self.sole_buyer()?,
            surroundings: self.surroundings()?,
        })
    }

    /// Where purchases and their locks are kept.
    ///
    /// # Errors
    /// Class `config` when there is no home, or for a `state_url` that cannot be used.
    pub fn journal(&self) -> Result<JournalPlace> {
        let paths = self.paths()?;
        Ok(match self.state_store()? {
            Some(store) => JournalPlace::Shared { store, spool: Spool::new(paths.spool_file()) },
            None => {
                JournalPlace::Files { journal: paths.journal_file(), locks: paths.locks_folder() }
            }
        })
    }

    /// The same for what only reads; none where there is no home and no store that machines share,
    /// and so no purchase.
    ///
    /// # Errors
    /// Class `config` for a variable that names no home, or for a `state_url` that cannot be used.
    pub fn journal_to_read(&self) -> Result<Option<JournalPlace>> {
        match (self.paths_if_any()?, self.state_store()?) {
            (Some(_), _) => self.journal().map(Some),
            (None, Some(store)) => {
                Ok(Some(JournalPlace::Shared { store, spool: Spool::nowhere() }))
            }
            (None, None) => Ok(None),
        }
    }

    /// The purchases and locks in the files of this machine, also where a shared store is named.
    ///
    /// # Errors
    /// Class `config` when there is no home.
    pub fn journal_files(&self) -> Result<JournalPlace> {
        let paths = self.paths()?;
        Ok(JournalPlace::Files { journal: paths.journal_file(), locks: paths.locks_folder() })
    }

    /// The same; none where there is no home, or that cannot be known.
    pub fn journal_if_any(&self) -> Option<JournalPlace> {
        self.journal().ok()
    }

    /// The store that machines share, where one is named. What is bought in the embedded sandbox is
    /// kept on this machine, as the sandbox is.
    ///
    /// # Errors
    /// Class `config` for a URL or for files that cannot be used.
    pub fn state_store(&self) -> Result<Option<Arc<StateStore>>> {
        once(&self.state, || {
            let url = match self.variable(env::STATE_URL)? {
                Some(url) => Some(url),
                None => self.settings()?.state_url.clone(),
            };
            let Some(url) = url else { return Ok(None) };
            if self.is_sandbox()? {
                return Ok(None);
            }
            StateStore::new(&url, self.options.timeout, self.variables()).map(Some)
        })
        .cloned()
    }

    /// The profile whose own key names that store, where others do not use it.
    ///
    /// # Errors
    /// As [`Setup::settings`].
    pub fn state_store_profile(&self) -> Result<Option<String>> {
        if self.variable(env::STATE_URL)?.is_some() {
            return Ok(None);
        }
        Ok(match self.settings()?.effective("state_url").1 {
            SettingSource::Profile(profile) => Some(profile),
            _ => None,
        })
    }

    /// Whether the profile or the environment vouches that only this journal buys for the account.
    ///
    /// # Errors
    /// As [`Setup::settings`].
    pub fn sole_buyer(&self) -> Result<bool> {
        match self.variable(env::SOLE_BUYER)? {
            Some(set) => Ok(env::means_on(&set)),
            None => Ok(self.settings()?.sole_buyer),
        }
    }

    /// What the CI system says about this run.
    ///
    /// # Errors
    /// Class `usage` for a variable whose value is not UTF-8.
    pub fn surroundings(&self) -> Result<Surroundings> {
        // `act` says attempt 1 of run 1 for every run. What the others count was not seen.
        let mut is_like_github = false;
        for name in [env::ACT, env::GITEA_ACTIONS, env::FORGEJO_ACTIONS] {
            is_like_github |= self.variable(name)?.is_some_and(|value| env::means_on(&value));
        }
        let run_attempt = self.variable(env::GITHUB_RUN_ATTEMPT)?;
        Ok(Surroundings {
            ci: is_like_github || self.variable(env::CI)?.is_some(),
            run_attempt: run_attempt.filter(|_| !is_like_github),
            run_id: self.variable(env::GITHUB_RUN_ID)?,
            pipeline_created: self.variable(env::PIPELINE_CREATED)?,
            pipeline_id: self.variable(env::PIPELINE_ID)?,
            fleet: self.state_store()?.map(|shared| Fleet { since: shared.made() }),
        })
    }
}
