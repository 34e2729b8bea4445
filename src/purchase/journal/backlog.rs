//! What waits for a command or a person, portal by portal.

use crate::core::system::System;
use rusqlite::Connection;

/// What waits, portal by portal and system by system; joins in this order never read what is final.
const WAITING: &str = "
    SELECT p.origin, json_extract(e.body, '$.with.system') AS system, sum(w.is_open),
           sum(1 - w.is_open), json_extract(e.body, '$.with.profile') AS profile,
           json_extract(e.body, '$.with.base_url') AS base_url
    FROM (SELECT purchase, 1 AS is_open FROM unfinished
          UNION ALL SELECT purchase, 0 FROM untold) w
    CROSS JOIN purchase p ON p.id = w.purchase
    JOIN entry e ON e.purchase = w.purchase AND e.kind = 'intent'
    GROUP BY p.origin, system, profile, base_url ORDER BY p.origin, system, profile, base_url";

/// What waits at one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The portal's identity.
    pub origin: String,
    /// The system that goes on with it.
    pub system: System,
    /// The profile that it was asked for under, where the journal knows it.
    pub profile: Option<String>,
    /// The whole base URL, where the journal knows it.
    pub base_url: Option<String>,
    /// Purchases that are not final.
    pub open: i64,
    /// Those whose outcome no caller has seen.
    pub untold: i64,
}

pub(super) fn waiting(db: &Connection) -> rusqlite::Result<Vec<Backlog>> {
    let mut statement = db.prepare(WAITING)?;
    let rows = statement.query_map([], |row| {
        let word: String = row.get(1)?;
        let system = crate::provider::find(&word).unwrap_or(crate::provider::NOUS);
        Ok(Backlog {
            origin: row.get(0)?,
            system,
            open: row.get(2)?,
            untold: row.get(3)?,
            profile: row.get(4)?,
            base_url: row.get(5)?,
        })
    })?;
    rows.collect()
}
