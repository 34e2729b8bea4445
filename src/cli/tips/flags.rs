//! The flags of other programs and what does that here. In a tip `{}` is the amount that was typed,
//! or 25.

use super::words::{AT_PORTAL, Tip};

const AMOUNT: &str = "The amount comes after the verb, as in 'topup buy {}'.";
const LOGIN_PAGE: &str = "'topup login' opens the page and shows the code; with '--no-browser' it prints the link alone.";

/// Flags of other programs; behind a verb where they mean something else there. A word in
/// angle brackets is one that no flag stands before.
pub(super) const FLAGS: &[Tip] = &[
    (
        &["-o", "--output", "--format", "--jq", "--query", "--field", "--fields", "--template"],
        "One JSON document: '--json'. One value: '--get PATH'.",
    ),
    (&["--yaml", "--pretty"], "One JSON document: '--json'."),
    (
        &["--csv", "--table", "--text"],
        "Lists are tables; 'topup history --csv' writes comma-separated values. One JSON document: '--json'.",
    ),
    (
        &[
            "--force",
            "-f",
            "-Y",
            "--confirm",
            "--auto-approve",
            "--approve",
            "--accept",
            "--no-confirm",
            "--skip-confirmation",
        ],
        "To go ahead without a question: '--yes'.",
    ),
    (
        &["--no-prompt", "--non-interactive", "--noninteractive", "--batch", "--no-interactive"],
        "To ask nothing: '--no-input'. To go ahead without a question: '--yes'.",
    ),
    (&["--silent", "-s"], "No progress and no notes: '--quiet'."),
    (&["--debug", "--trace"], "Each request, with secrets cut out: '--verbose'."),
    (&["--no-color", "--no-colour", "--color-off"], "Without colour: '--color never'."),
    (&["--no-pager"], "There is no pager: everything is written to standard output."),
    (
        &["-p", "--env", "--environment", "--context", "--config", "--account"],
        "Choose a profile: '--profile NAME'. 'topup config list' names them.",
    ),
    (
        &["--org", "--organization", "--organisation"],
        "'topup whoami' shows the organisation of the login. Another organisation needs a profile with its own login: '--profile NAME'.",
    ),
    (
        &[
            "--url",
            "--host",
            "--hostname",
            "--endpoint",
            "--endpoint-url",
            "--base-url",
            "--api-url",
            "--server",
        ],
        "Another base URL: '--portal-url URL'.",
    ),
    (
        &["--test", "--test-mode", "--testmode", "--dev"],
        "Without an account and without real money: '--sandbox'.",
    ),
    (&["--live", "--prod", "--production"], "Without '--sandbox' it is the real portal."),
    (
        &["--watch", "-w", "--follow"],
        "'topup watch --below 10' keeps an eye on the balance; 'topup status --wait' waits for a purchase.",
    ),
    (
        &["--api-key", "--key"],
        "A key is read from TOPUP_TOKEN, or from standard input: 'topup login --token-stdin'.",
    ),
    (
        &["--token", "login --with-token", "login --stdin"],
        "A token is read from TOPUP_TOKEN, or from standard input: 'topup login --token-stdin'.",
    ),
    (
        &["--retry", "--retries"],
        "Run the command that failed again, as it stands: it buys nothing twice.",
    ),
    (
        &[
            "buy --quantity",
            "buy --qty",
            "buy --value",
            "buy --total",
            "buy --usd",
            "buy --dollars",
        ],
        AMOUNT,
    ),
    (&["buy --credits"], AMOUNT),
    (
        &["buy <WORD>", "buy <AMOUNT>"],
        "One amount comes after the verb, in dollars: 'topup buy {}'.",
    ),
    (
        &[
            "buy --dry",
            "buy --preview",
            "buy --simulate",
            "buy --noop",
            "buy --what-if",
            "buy --whatif",
            "buy -n",
            "buy --plan",
            "ensure --dry",
            "ensure --preview",
            "ensure -n",
            "ensure --simulate",
        ],
        "To see what would be done: '--dry-run'.",
    ),
    (
        &[
            "buy --limit",
            "buy --max-amount",
            "buy --budget",
            "buy --cap",
            "buy --max-price",
            "ensure --limit",
            "ensure --max-amount",
            "ensure --budget",
            "ensure --cap",
        ],
        "The most that may be paid: '--max AMOUNT'.",
    ),
    (
        &["buy --card", "buy --payment-method", "buy --source", "ensure --card"],
        "The card on file is charged: 'topup state' shows it. Change it at the portal: 'topup open'.",
    ),
    (&["buy --currency", "buy --unit"], "Amounts are in dollars: leave the flag out."),
    (&["buy --coupon", "buy --promo", "buy --code", "buy --discount"], AT_PORTAL),
    (
        &[
            "buy --name",
            "buy --key",
            "buy --id",
            "buy --ref",
            "buy --reference",
            "buy --idempotency",
            "ensure --name",
            "ensure --key",
            "ensure --id",
        ],
        "A name under which nothing is bought twice: '--once NAME'.",
    ),
    (
        &[
            "buy --description",
            "buy --comment",
            "buy --note",
            "buy --memo",
            "buy --message",
            "buy --metadata",
            "buy --tag",
        ],
        "A purchase has no note. A name for it: '--once NAME'.",
    ),
    (
        &["buy --async", "buy --detach", "buy --background", "buy -d", "ensure --async"],
        "To return as soon as it is accepted: '--no-wait'.",
    ),
    (
        &["buy --retry", "buy --retries", "ensure --retry", "ensure --retries"],
        "After a lost answer run the same command again: it buys nothing twice. After a declined card: '--retry-declined'.",
    ),
    (
        &[
            "check --threshold",
            "check --balance",
            "check --above",
            "check --ge",
            "check --gte",
            "check -m",
            "check --amount",
            "check --below",
            "check --lt",
            "check --credits",
            "check <AMOUNT>",
        ],
        "A gate: 'topup check --at-least {}'.",
    ),
    (
        &[
            "ensure --min",
            "ensure --minimum",
            "ensure --below",
            "ensure --threshold",
            "ensure <AMOUNT>",
        ],
        "Buy when less than that is there: 'topup ensure --at-least {} --buy 25'.",
    ),
    (
        &["ensure --amount", "ensure --add"],
        "How much to buy: '--buy AMOUNT', or up to '--to BALANCE'.",
    ),
    (
        &[
            "watch --at-least",
            "watch --threshold",
            "watch --min",
            "watch --minimum",
            "watch --lt",
            "watch <AMOUNT>",
        ],
        "A threshold: 'topup watch --below {}'.",
    ),
    (&["watch --interval", "watch -n", "watch --period"], "Time between two checks: '--every 5m'."),
    (
        &["watch --email", "watch --mail", "watch --slack", "watch --webhook"],
        "Mail: 'topup config set notify ADDRESS'. A webhook: TOPUP_NOTIFY_URL. Then 'topup watch --below 10 --notify'.",
    ),
    (
        &["watch --command", "watch --cmd", "watch --exec", "watch -c", "watch -e"],
        "The command comes after '--', as in 'topup watch --below 10 -- notify low'.",
    ),
    (&["watch --once"], "One look: '--one-look'."),
    (&["login --web", "login --browser", "login --interactive", "login -i"], LOGIN_PAGE),
    (&["login --device", "login --device-code", "login --sso"], LOGIN_PAGE),
    (
        &["login --headless", "login --no-launch-browser"],
        "To print the link alone: '--no-browser'.",
    ),
    (&["login --user", "login -u"], "Where a system takes a password: '--username NAME'."),
    (&["login --password"], "A password is read from standard input: '--password-stdin'."),
    (
        &["logout --all"],
        "Each profile has a login of its own: 'topup --profile NAME logout'. 'topup config list' names them.",
    ),
    (
        &["status --id", "status --purchase", "status --charge"],
        "The id comes after the verb, as in 'topup status ID'.",
    ),
    (&["status --latest", "status --last"], "Without an id it is the latest: 'topup status'."),
    (&["status --watch", "status -w", "status --follow"], "To wait until it is final: '--wait'."),
    (&["resume --all"], "'topup resume' continues every open purchase."),
    (&["resume --id"], "The id comes after the verb, as in 'topup resume ID'."),
    (
        &[
            "auto-reload --below",
            "auto-reload --to",
            "auto-reload --threshold",
            "auto-reload --amount",
            "auto-reload --at-least",
            "auto-reload --min",
        ],
        "Both amounts come after the verb, as in 'topup auto-reload 20 100'.",
    ),
    (
        &["auto-reload --off", "auto-reload --disable"],
        "Switch it off with 'topup auto-reload off'.",
    ),
    (
        &["limit --set", "limit --amount", "limit --max", "limit <AMOUNT>", "limit <WORD>"],
        "Change the monthly limit at the portal: 'topup open limit'.",
    ),
    (
        &["doctor --fix", "doctor --repair"],
        "doctor changes nothing itself; it prints the command that fixes each problem.",
    ),
    (
        &["history -n", "history -l", "history --last", "history --count", "history --max"],
        "Only the latest: '--limit COUNT'.",
    ),
    (&["history --from", "history --after", "history --start"], "From a time on: '--since TIME'."),
    (&["history --to", "history --before", "history --end"], "Up to a time: '--until TIME'."),
    (&["history --all"], "More than the latest 50: 'topup history --limit 100000'."),
    (
        &["history --month", "ledger stats --month", "ledger transactions --month"],
        "One month: '--since 2026-11 --until 2026-11'.",
    ),
    (&["ledger export --format=csv"], "Comma-separated values: 'topup ledger transactions --csv'."),
    (&["ledger export --format=json"], "One JSON document: 'topup ledger transactions --json'."),
    (
        &["ledger export <WORD>", "ledger export --program"],
        "Choose the program: '--format hledger' or '--format beancount'.",
    ),
    (
        &["history --format", "history -o", "history --output"],
        "Comma-separated values: '--csv'. One JSON document: '--json'.",
    ),
];
