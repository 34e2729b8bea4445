//! The verbs of other programs (gh, stripe, aws, kubectl, doctl, flyctl) and what does that here.
//! In a tip `{}` is the amount that was typed, or 25.

/// Words that mean one thing here, and the tip that says it.
pub(super) type Tip = (&'static [&'static str], &'static str);

const BUY: &str = "Buy with 'topup buy {}'.";
const PROFILES: &str = "Profiles: 'topup config list'. A command takes one with '--profile NAME', and 'topup config set default_profile NAME' sets the usual one.";
pub(super) const AT_PORTAL: &str = "That is done at the portal: 'topup open' opens its page.";

/// Verbs of other programs. Behind a verb of ours the words stand with it: `config edit`.
pub(super) const VERBS: &[Tip] = &[
    (
        &[
            "purchase",
            "pay",
            "recharge",
            "refill",
            "deposit",
            "add",
            "fund",
            "topup",
            "top-up",
            "add-credits",
        ],
        BUY,
    ),
    (
        &["order", "charge", "payment", "checkout"],
        "Buy with 'topup buy {}'. Purchases: 'topup history'.",
    ),
    (
        &["usage", "consumption", "spend", "spending", "cost", "costs"],
        "What was paid: 'topup history --chart'. Credits used, where the system lists them: 'topup transactions'.",
    ),
    (&["version"], "The version: 'topup --version'."),
    (
        &["update", "self-update", "selfupdate"],
        "topup does not update itself: use what installed it. Its version: 'topup --version'.",
    ),
    (&["profiles", "profile", "use", "use-context", "switch", "context", "contexts"], PROFILES),
    (
        &["auth", "authenticate", "session"],
        "Log in with 'topup login', log out with 'topup logout'; 'topup whoami' shows the login.",
    ),
    (&["signin", "sign-in", "log-in"], "Log in with 'topup login'."),
    (&["signout", "sign-out", "log-out", "revoke"], "Log out with 'topup logout'."),
    (
        &["signup", "sign-up", "register"],
        "Make an account at the portal: 'topup open' opens its page. Then log in with 'topup login'.",
    ),
    (
        &["refund", "refunds", "undo", "rollback", "dispute", "chargeback"],
        "The seller refunds a purchase, not topup: 'topup open' opens its page.",
    ),
    (
        &["cancel", "abort"],
        "Cancel a plan with 'topup plan cancel'. A purchase that was sent cannot be cancelled.",
    ),
    (
        &[
            "purchases",
            "payments",
            "charges",
            "orders",
            "invoice",
            "invoices",
            "receipt",
            "receipts",
            "bill",
            "bills",
        ],
        "Purchases: 'topup history'.",
    ),
    (
        &["log", "logs", "events", "audit", "activity", "tail"],
        "Purchases: 'topup history'. The requests of a command: '--verbose'.",
    ),
    (&["list", "ls"], "Purchases: 'topup history'. Profiles: 'topup config list'."),
    (
        &["get", "show", "view", "describe", "info", "read"],
        "The balance: 'topup state'. Purchases: 'topup history'. One value of an answer: 'topup state --get balance'.",
    ),
    (
        &["billing"],
        "Balance, card and monthly limit: 'topup state'. The page of the portal: 'topup open'.",
    ),
    (
        &["dashboard", "console", "web", "browse", "portal", "site", "ui"],
        "The page of the portal: 'topup open'.",
    ),
    (
        &["card", "cards", "payment-method", "payment-methods"],
        "'topup state' shows the card. Change it at the portal: 'topup open'.",
    ),
    (
        &[
            "coupon", "coupons", "promo", "voucher", "redeem", "gift", "transfer", "invite",
            "withdraw",
        ],
        AT_PORTAL,
    ),
    (&["quota", "quotas", "cap", "spending-limit"], "The monthly limit: 'topup limit'."),
    (
        &["budget", "budgets", "mandate", "mandates"],
        "The monthly limit at the portal: 'topup limit'. A prepaid budget of your own: 'topup help ledger'.",
    ),
    (&["upgrade"], "Another plan: 'topup plan upgrade NAME'."),
    (&["downgrade"], "A smaller plan: 'topup plan change NAME'."),
    (&["subscription", "subscriptions", "subscribe"], "The plan: 'topup plan show'."),
    (
        &[
            "reload",
            "auto-recharge",
            "autorecharge",
            "auto-topup",
            "autotopup",
            "auto-refill",
            "autorefill",
            "auto-buy",
            "recurring",
        ],
        "Automatic purchases: 'topup auto-reload'.",
    ),
    (
        &["alert", "alerts", "monitor", "notify", "notifications"],
        "A notice when the balance falls: 'topup watch --below 10 --notify'.",
    ),
    (
        &["retry", "continue", "recover", "finish", "reconcile", "sync"],
        "Open purchases are finished by 'topup resume'.",
    ),
    (&["wait"], "Wait for a purchase: 'topup status --wait'."),
    (
        &["init", "setup", "configure", "quickstart"],
        "Nothing has to be set up: 'topup login' is the first step. Settings: 'topup config list'.",
    ),
    (
        &["set", "unset", "settings", "preferences", "env"],
        "Settings: 'topup config list', 'topup config set KEY VALUE', 'topup config unset KEY'.",
    ),
    (
        &["me", "sts", "user", "users", "org", "orgs", "organization", "organisation"],
        "Who is logged in, and where: 'topup whoami'.",
    ),
    (
        &["token", "tokens", "api-key", "api-keys", "apikey", "key", "keys", "secret", "secrets"],
        "A key or token is read from TOPUP_TOKEN, or kept by 'topup login --token-stdin'.",
    ),
    (
        &["docs", "doc", "documentation", "manual", "guide", "tutorial"],
        "The manual: 'topup man'. A topic: 'topup explain scripting'.",
    ),
    (&["autocomplete"], "Completions: 'topup completions bash --install'."),
    (
        &["health", "healthcheck", "ping", "diagnose", "debug", "selftest", "verify"],
        "What is wrong here: 'topup doctor'.",
    ),
    (
        &["mock", "demo", "try", "test", "serve", "simulate", "playground"],
        "Try it without an account: 'topup --sandbox buy 25 --yes'. The test portal: 'topup sandbox serve'.",
    ),
    (
        &["price", "prices", "pricing", "packs", "products", "presets"],
        "What can be bought: 'topup state'.",
    ),
    (
        &["export", "report", "reports", "download"],
        "Purchases as comma-separated values: 'topup history --csv'. The ledger: 'topup ledger export'.",
    ),
    (
        &["backup", "restore", "import"],
        "A copy of the journal: 'topup journal backup FILE'. One that was restored: 'topup journal accept'. To a store that machines share: 'topup journal import'.",
    ),
    (
        &["exec", "run"],
        "A command that is paid from a prepaid budget: 'topup help ledger run' says how.",
    ),
    (
        &["config edit", "config add"],
        "Change one key: 'topup config set KEY VALUE'. The file: 'topup config path'.",
    ),
    (
        &["config delete", "config rm", "config remove", "config del", "config clear"],
        "Remove a key: 'topup config unset KEY'.",
    ),
    (
        &[
            "config use",
            "config use-context",
            "config use-profile",
            "config current-context",
            "config get-contexts",
            "config profiles",
            "config profile",
            "config create",
            "config new",
            "config set-profile",
            "config switch",
        ],
        PROFILES,
    ),
    (&["config init"], "'topup config set KEY VALUE' creates the file where it is missing."),
    (
        &["sandbox start", "sandbox run", "sandbox up", "sandbox open"],
        "The test portal and its pages: 'topup sandbox serve'.",
    ),
    (
        &["sandbox stop", "sandbox down", "sandbox kill"],
        "'topup sandbox serve' ends with Ctrl-C. Without it nothing runs between two commands.",
    ),
    (
        &["sandbox status", "sandbox state", "sandbox show", "sandbox list", "sandbox get"],
        "What the sandbox holds: 'topup --sandbox state'. Its settings: 'topup help sandbox set'.",
    ),
    (&["sandbox delete", "sandbox clear", "sandbox clean"], "Start again: 'topup sandbox reset'."),
    (
        &["sandbox clock", "sandbox time", "sandbox wait", "sandbox advance"],
        "Move its clock on by an hour: 'topup sandbox set clock=+1h'.",
    ),
    (
        &["team use", "team switch", "team select", "team set"],
        "Choose a team for this project: 'topup team pin TEAM'.",
    ),
    (&["plan list", "plan ls", "plan get", "plan status"], "The plans: 'topup plan show'."),
    (
        &["plan set", "plan switch", "plan update", "plan downgrade"],
        "A larger plan: 'topup plan upgrade NAME'. A smaller one: 'topup plan change NAME'.",
    ),
    (
        &["ledger list", "ledger ls", "ledger history", "ledger log", "ledger logs"],
        "What was booked: 'topup ledger transactions'. The mandates: 'topup ledger mandates'.",
    ),
    (
        &["ledger show", "ledger get", "ledger state", "ledger status"],
        "What is left: 'topup ledger balance'. The mandates: 'topup ledger mandates'.",
    ),
    (
        &["ledger add", "ledger topup", "ledger buy", "ledger fund", "ledger deposit"],
        "Put money into an account: 'topup ledger credit {}'.",
    ),
    (&["ledger usage"], "What was used: 'topup ledger stats'."),
    (
        &["ledger spend", "ledger charge", "ledger debit", "ledger use"],
        "Record what a use cost: 'topup help ledger record' says how.",
    ),
    (
        &["ledger statement", "ledger statements", "ledger report"],
        "Each transaction: 'topup ledger transactions --csv'. The sums: 'topup ledger stats --by month'.",
    ),
    (&["ledger create", "ledger new"], "Create a mandate: 'topup help ledger init' says how."),
    (&["ledger exec"], "A command on the budget: 'topup help ledger run' says how."),
    (
        &["journal list", "journal ls", "journal show", "journal log", "journal view"],
        "What is in the journal: 'topup history'.",
    ),
];
