//! How the dry runs of the ledger look to a person.

use super::options::in_currency;
use crate::app::ledger::dry_run::{BookedDryRun, LedgerRunDryRun, WouldBook};
use crate::core::command::Shell;
use crate::core::money::Money;
use crate::ledger::values::Kind;
use crate::output::Show;
use crate::output::page::{Page, Tone};

impl Show for BookedDryRun {
    fn show(&self, page: &mut Page) {
        let money = |amount| in_currency(&self.currency, amount);
        let amount = self.amount.map(money).unwrap_or_default();
        let now = money(self.balance);
        let text = match (self.would, self.kind) {
            (WouldBook::Book, Some(Kind::Credit)) => format!("Would credit {amount}."),
            (WouldBook::Book, _) => format!("Would record {amount}."),
            (WouldBook::Replay, _) => {
                format!("{amount} was booked before: the balance would stay {now}.")
            }
            (WouldBook::Nothing, _) => {
                format!("It costs nothing: the balance would stay {now}.")
            }
        };
        page.line(Tone::Strong, &format!("{text} Nothing was booked."));
        if self.would == WouldBook::Book {
            page.field("balance now", Tone::Plain, &now);
            page.field("afterwards", Tone::Plain, &money(self.balance_after));
        }
        if let Some(transaction) = &self.transaction {
            page.field("transaction", Tone::Dim, &transaction.id);
        }
    }
}

impl Show for LedgerRunDryRun {
    fn show(&self, page: &mut Page) {
        let money = |amount| in_currency(&self.currency, amount);
        page.line(Tone::Strong, "Would run the command. Nothing was run and nothing was booked.");
        let words: Vec<String> = self.command.iter().map(|word| Shell::Posix.quote(word)).collect();
        page.field("command", Tone::Plain, &words.join(" "));
        page.field("estimate", Tone::Plain, &money(self.estimated_price));
        if self.held != Money::ZERO {
            page.field("held back", Tone::Plain, &money(self.held));
        }
        page.field("balance now", Tone::Plain, &money(self.balance));
    }
}
