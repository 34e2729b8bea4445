//! The one table of what an answer can be: class, exit code, meaning, what to do.
//!
//! Help, manual pages, `topup explain`, the schemas and the exit code of the process are
//! all made from [`TABLE`]. Codes are only ever added: a number never changes its meaning and is
//! never used again for another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of step gets a person or a script out of a failure; `recovery` in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// Log in again: `topup login`.
    Login,
    /// Ask for permission to spend: `topup login --step-up`.
    StepUp,
    /// Connect this terminal to the portal again.
    Reconnect,
    /// Finish or change something in the browser, at `portal_url`.
    Portal,
    /// Wait `retry_after` seconds, then run the same command.
    RetryLater,
    /// `topup resume` finds the truth.
    Resume,
    /// Correct what was typed or configured.
    FixInput,
    /// A person with more rights has to act.
    AskAdmin,
    /// A defect: report it to the authors.
    Report,
}

/// What it takes until the same command can end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Something that somebody changes, here or on the portal.
    Lasting,
    /// Another login.
    Login,
    /// Time alone.
    Transient,
    /// A run that is not interrupted.
    Signal,
}

macro_rules! classes {
    ($($variant:ident $name:literal $code:literal $nature:ident $recovery:expr, $meaning:literal, $todo:literal;)*) => {
        /// The class of an answer: what happened, in one word that never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Class {
            $(#[doc = $meaning] $variant,)*
        }

        /// Every class once, in the order of its exit code.
        pub const TABLE: &[ClassRow] = &[
            $(ClassRow { class: Class::$variant, name: $name, code: $code, nature: Nature::$nature,
                    recovery: $recovery, meaning: $meaning, todo: $todo },)*
        ];
    };
}

/// One line of [`TABLE`].
#[derive(Clone, Copy, Debug)]
pub struct ClassRow {
    /// The class itself.
    pub class: Class,
    /// Its name, as documents spell it.
    pub name: &'static str,
    /// The exit code of the process.
    pub code: u8,
    /// What it takes until the same command can end differently.
    pub nature: Nature,
    /// The kind of step that helps, unless the error at hand knows better.
    pub recovery: Option<Recovery>,
    /// What it means, for someone who never saw the code.
    pub meaning: &'static str,
    /// What to do about it.
    pub todo: &'static str,
}

use Recovery::{AskAdmin, FixInput, Login, Portal, Reconnect, Report, Resume, RetryLater, StepUp};

classes! {
    Success "success" 0 Lasting None,
        "Success; for buy, status --wait and resume: settled",
        "Nothing to do.";
    Internal "internal" 1 Lasting Some(Report),
        "A bug in topup",
        "Run the command again with -v and report what it prints, and what 'topup doctor' says.";
    Usage "usage" 2 Lasting Some(FixInput),
        "A flag, argument or amount is not valid; nothing was sent",
        "Correct the command line; 'topup help' shows what there is.";
    ConfirmationRequired "confirmation_required" 3 Lasting Some(FixInput),
        "--yes was not given, and there is no terminal to ask at; nothing was sent",
        "Add --yes to go ahead, or finish on the portal page that is printed.";
    Config "config" 4 Lasting Some(FixInput),
        "A configuration, credential, journal or ledger file cannot be used; nothing was sent",
        "Fix the file that the message names; 'topup doctor' says how.";
    SpendGuard "spend_guard" 5 Lasting Some(FixInput),
        "A local spending limit was exceeded; nothing was charged unless the message says so",
        "Lower the amount, or raise --max or the limit: 'topup config list' shows it.";
    Unsupported "unsupported" 6 Lasting Some(Portal),
        "This system does not offer that from a terminal",
        "Use the page that is printed: 'topup open' opens it.";
    NotLoggedIn "not_logged_in" 10 Login Some(Login),
        "No login, or the login is no longer accepted",
        "Run 'topup login'.";
    SessionRevoked "session_revoked" 11 Login Some(Login),
        "The whole session was logged out",
        "Run 'topup login'.";
    InsufficientScope "insufficient_scope" 12 Lasting Some(StepUp),
        "The login may read but not spend",
        "Run 'topup login --step-up' and tick 'Allow Remote Spending'.";
    RemoteSpendingRevoked "remote_spending_revoked" 13 Lasting Some(Reconnect),
        "Spending from this terminal was cut off; the login itself still works",
        "Run 'topup login --step-up' to connect this terminal again.";
    RoleRequired "role_required" 14 Lasting Some(AskAdmin),
        "Your role may not do this",
        "Ask an owner or admin of the organisation; 'topup whoami' shows who you are there.";
    BillingDisabled "billing_disabled" 15 Lasting Some(AskAdmin),
        "Remote Spending is switched off for the organisation, or the account may not be used",
        "Have an admin allow it on the portal (at Nous on its Hermes Agent page): 'topup open' opens it.";
    LoginDenied "login_denied" 16 Lasting Some(Login),
        "The login was denied, expired, or was granted without permission to spend",
        "Run 'topup login --step-up' and approve it in time; an admin has to tick 'Allow Remote Spending'.";
    NoPaymentMethod "no_payment_method" 20 Lasting Some(Portal),
        "No saved card that may be charged again; nothing was charged",
        "Set up a saved card on the portal ('topup open' opens it), then run the command again.";
    CardDeclined "card_declined" 21 Lasting Some(Portal),
        "The bank declined the card; nothing was charged",
        "Use another card on the portal ('topup open' opens it), or ask the bank.";
    PaymentMethodExpired "payment_method_expired" 22 Lasting Some(Portal),
        "The saved card has expired; nothing was charged",
        "Replace the card on the portal: 'topup open' opens it.";
    AuthenticationRequired "authentication_required" 23 Lasting Some(Portal),
        "The bank wants the card holder to confirm (3-D Secure); nothing is charged unless that is done",
        "Finish the purchase on the portal page that is printed: 'topup open' opens it.";
    PaymentFailed "payment_failed" 24 Lasting Some(Portal),
        "The payment failed for another reason; nothing was charged",
        "Check the portal ('topup open' opens it), or try another card.";
    PaymentCanceled "payment_canceled" 25 Lasting Some(Portal),
        "The payment was cancelled; nothing was charged",
        "Start a new purchase, as with 'topup buy 25', if you still want the credits.";
    ActionRequired "action_required" 26 Lasting Some(Portal),
        "A person has to finish the payment in a browser",
        "Open the page that is printed, then run 'topup status'.";
    InsufficientBalance "insufficient_balance" 30 Lasting Some(Portal),
        "The balance is below what was asked for",
        "Buy credits, as with 'topup buy 25', or ask the owner of the pool.";
    MonthlyCapExceeded "monthly_cap_exceeded" 31 Lasting Some(Portal),
        "The amount is more than what is left of the monthly limit",
        "Buy less, raise the limit on the portal, or wait for the next month: 'topup limit' shows it.";
    AmountOutOfBounds "amount_out_of_bounds" 32 Lasting Some(FixInput),
        "The amount is outside what this system sells at once; nothing was charged",
        "Choose an amount inside the bounds: 'topup state' shows them.";
    ValidationFailed "validation_failed" 33 Lasting Some(FixInput),
        "The system refused the request as not valid; nothing was charged",
        "Correct what the message names; 'topup state' shows what can be bought.";
    LimitExceeded "limit_exceeded" 34 Lasting Some(AskAdmin),
        "Another limit of the system is reached",
        "See the message; 'topup limit' shows what is left, and an admin may raise it.";
    ConsentRequired "consent_required" 35 Lasting Some(Portal),
        "Terms have to be accepted first",
        "Accept them on the portal: 'topup open' opens it.";
    ChoiceRequired "choice_required" 36 Lasting Some(FixInput),
        "More than one matches and none was named; nothing was sent",
        "Name one of those that the message lists; for a team, 'topup team pin NAME'.";
    RateLimited "rate_limited" 40 Transient Some(RetryLater),
        "Too many requests or purchases in a short time; not a payment failure",
        "Try again in a few minutes.";
    TemporarilyUnavailable "temporarily_unavailable" 41 Transient Some(RetryLater),
        "The system is not available at the moment",
        "Try again in a few minutes.";
    ProcessorUnavailable "processor_unavailable" 42 Transient Some(RetryLater),
        "The card processor is down",
        "Try again in a few minutes.";
    PlanChangeCap "plan_change_cap" 43 Lasting Some(RetryLater),
        "Too many plan changes today",
        "Try again tomorrow.";
    Pending "pending" 50 Transient Some(Resume),
        "Not final when the wait ended; nothing is wrong",
        "Run 'topup status --wait' or 'topup resume'.";
    OutcomeUnknown "outcome_unknown" 51 Lasting Some(Resume),
        "The purchase may or may not have been charged; running the same command again is safe",
        "Run 'topup resume' as soon as the network allows.";
    IdempotencyConflict "idempotency_conflict" 52 Lasting Some(FixInput),
        "This name or key already belongs to another purchase",
        "Use the amount of that purchase, or another name for a new one; 'topup history' lists them.";
    InProgress "in_progress" 53 Transient Some(Resume),
        "An earlier purchase comes first: it is running, still open, or not reported yet",
        "Do what the message says; 'topup status' shows that purchase.";
    Network "network" 60 Transient Some(RetryLater),
        "The system could not be reached",
        "Run the command again; 'topup doctor' shows which step fails.";
    Timeout "timeout" 61 Transient Some(RetryLater),
        "No answer in time",
        "Run the command again; --timeout waits longer, and 'topup doctor' shows which step fails.";
    Tls "tls" 62 Lasting Some(FixInput),
        "The secure connection could not be made or trusted",
        "Check the clock, the portal URL and SSL_CERT_FILE: 'topup doctor' checks them.";
    EndpointUnavailable "endpoint_unavailable" 63 Transient Some(FixInput),
        "Something answered, but not the billing system",
        "Check the portal URL with 'topup doctor'; a sign-in page of the network may be in the way.";
    Protocol "protocol" 64 Transient Some(Report),
        "The system gave an answer that makes no sense",
        "Compare with the portal ('topup open' opens it); report it if it happens again.";
    ServerError "server_error" 65 Transient Some(RetryLater),
        "The system has an internal error",
        "Run the command again in a while; 'topup doctor' shows whether it answers.";
    Interrupted "interrupted" 130 Signal Some(Resume),
        "Interrupted from the keyboard",
        "For a purchase: 'topup resume' continues it.";
    Terminated "terminated" 143 Signal Some(Resume),
        "Ended by a signal",
        "For a purchase: 'topup resume' continues it.";
}

impl Class {
    /// The line of the table that belongs to this class.
    pub fn row(self) -> &'static ClassRow {
        // Each variant has exactly one row: both come out of the same macro.
        &TABLE[self as usize]
    }

    /// The name in documents and in `topup explain`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The exit code of the process.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// Whether a signal ended the run.
    pub fn is_signal(self) -> bool {
        self.row().nature == Nature::Signal
    }

    /// Whether another login can mend it.
    pub fn is_login_trouble(self) -> bool {
        self.row().nature == Nature::Login
    }

    /// Whether it may be over in a while without anybody doing anything.
    pub fn may_pass(self) -> bool {
        self.row().nature == Nature::Transient
    }

    /// Whether a change that ended like this may have been made all the same: there was no answer,
    /// or none to go by.
    pub fn may_have_arrived(self) -> bool {
        matches!(
            self,
            Self::Network
                | Self::Timeout
                | Self::EndpointUnavailable
                | Self::Protocol
                | Self::ServerError
        )
    }

    /// Finds a class by its name or by its exit code, as typed.
    pub fn find(word: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| row.name == word || row.code.to_string() == word)
            .map(|row| row.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_one_row_with_a_code_and_a_name_of_its_own() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.class as usize, at);
            assert_eq!(row.class.row().name, row.name);
            let spelled = serde_json::to_value(row.class).expect("a class is a word");
            assert_eq!(spelled, row.name, "the document and the table differ");
            assert_eq!(Class::find(row.name), Some(row.class));
            assert_eq!(Class::find(&row.code.to_string()), Some(row.class));
        }
        assert!(TABLE.windows(2).all(|two| two[0].code < two[1].code));
    }

    #[test]
    fn every_command_that_helps_can_be_typed_as_it_stands() {
        use crate::cli::verbs::Cli;
        use clap::Parser;
        let mut commands = 0;
        for row in TABLE {
            for part in row.todo.split("'topup ").skip(1) {
                let words = part.split('\'').next().expect("its end");
                let typed = std::iter::once("topup").chain(words.split(' '));
                let understood = match Cli::try_parse_from(typed) {
                    Ok(_) => true,
                    Err(error) => error.kind() == clap::error::ErrorKind::DisplayHelp,
                };
                assert!(understood, "{}: topup {words}", row.name);
                commands += 1;
            }
            // To wait is all that helps there, and who goes on with what is not known here.
            let waits = matches!(row.recovery, None | Some(RetryLater | FixInput));
            assert!(waits || row.todo.contains("'topup "), "{} names no command", row.name);
        }
        assert!(commands > 25, "{commands}");
    }

    /// Scripts branch on these numbers: this list may grow, and nothing in it may change.
    #[test]
    fn exit_codes_are_frozen() {
        let frozen = "success=0 internal=1 usage=2 confirmation_required=3 config=4 spend_guard=5 \
            unsupported=6 not_logged_in=10 session_revoked=11 insufficient_scope=12 \
            remote_spending_revoked=13 role_required=14 billing_disabled=15 login_denied=16 \
            no_payment_method=20 card_declined=21 payment_method_expired=22 \
            authentication_required=23 payment_failed=24 payment_canceled=25 action_required=26 \
            insufficient_balance=30 monthly_cap_exceeded=31 amount_out_of_bounds=32 \
            validation_failed=33 limit_exceeded=34 consent_required=35 choice_required=36 \
            rate_limited=40 \
            temporarily_unavailable=41 processor_unavailable=42 plan_change_cap=43 pending=50 \
            outcome_unknown=51 idempotency_conflict=52 in_progress=53 network=60 timeout=61 tls=62 \
            endpoint_unavailable=63 protocol=64 server_error=65 interrupted=130 terminated=143";
        let now: Vec<String> =
            TABLE.iter().map(|row| format!("{}={}", row.name, row.code)).collect();
        assert_eq!(now.join(" "), frozen.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
