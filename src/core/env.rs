//! Every environment variable that is read, declared once: flags, help and the manual name them
//! from here.

/// A variable and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, as a phrase without a full stop.
    pub meaning: &'static str,
}

macro_rules! variables {
    ($($constant:ident $name:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: &str = $name;)*

        /// All of them, in the order of the manual.
        pub const VARIABLES: &[Variable] =
            &[$(Variable { name: $name, meaning: $meaning },)*];
    };
}

/// Whether a variable is there and holds nothing: the same as not being there.
pub fn is_blank(variable: &str) -> bool {
    let value = std::env::var_os(variable);
    value.is_some_and(|value| value.to_str().is_some_and(|text| text.trim().is_empty()))
}

/// Whether a switch is on in the environment, read as the flags read it.
pub fn is_on(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| means_on(&value))
}

/// Whether the value of a switch means that it is on.
pub fn means_on(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "n" | "no" | "f" | "false" | "off")
}

/// Whether this can be the name of a variable.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(plain) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// Those that hold a secret of this program: no child of it gets to see them.
pub const SECRETS: &[&str] = &[TOKEN, CIRIS_PASSWORD, STATE_KEY, SMTP_URL, NOTIFY_URL];

variables! {
    PROVIDER "TOPUP_PROVIDER" "Billing system, like --provider";
    PROFILE "TOPUP_PROFILE" "Profile of the configuration, like --profile";
    PORTAL_URL "TOPUP_PORTAL_URL" "Base URL of the system, like --portal-url";
    SANDBOX "TOPUP_SANDBOX" "Use the built-in sandbox, like --sandbox";
    JSON "TOPUP_JSON" "Answer with one JSON document, like --json";
    GET "TOPUP_GET" "Print one value of the answer, like --get";
    LINK "TOPUP_LINK" "Print the portal link only, like --link";
    YES "TOPUP_YES" "Go ahead without asking, like --yes";
    NO_INPUT "TOPUP_NO_INPUT" "Never ask anything, like --no-input";
    QUIET "TOPUP_QUIET" "No progress and no notes, like --quiet";
    VERBOSE "TOPUP_VERBOSE" "Show each request with secrets cut out, like --verbose";
    COLOR "TOPUP_COLOR" "When to use colour: auto, always or never, like --color";
    TIMEOUT "TOPUP_TIMEOUT" "Timeout for each request, like --timeout";
    INSECURE_HTTP "TOPUP_INSECURE_HTTP" "Accept a plain http portal that is not on this machine, like --insecure-http";
    GATEWAY_URL "TOPUP_GATEWAY_URL" "Base URL of the second service of a system, such as Vercel's AI Gateway";
    TOKEN "TOPUP_TOKEN" "Access token to use instead of a stored login; never refreshed";
    CIRIS_PASSWORD "TOPUP_CIRIS_PASSWORD" "Password for 'login' at a CIRIS agent, where none comes from standard input";
    HOME "TOPUP_HOME" "Folder of all files of topup, instead of the XDG folders";
    STATE_DIRECTORY "STATE_DIRECTORY" "Set by systemd for StateDirectory=topup: the folder of all files of topup, unless TOPUP_HOME is set";
    HERMES_PORTAL "HERMES_PORTAL_BASE_URL" "Base URL of the Nous portal when TOPUP_PORTAL_URL is not set";
    NOUS_PORTAL "NOUS_PORTAL_BASE_URL" "Base URL of the Nous portal when neither of those is set";
    HERMES_HOME "HERMES_HOME" "Home of Hermes whose login 'login --hermes' uses in place, instead of ~/.hermes";
    HERMES_SHARED "HERMES_SHARED_AUTH_DIR" "Folder of the login that the homes of Hermes share, instead of 'shared' in the root of them";
    BRV_BILLING "BRV_BILLING_BASE_URL" "Base URL of ByteRover's billing when TOPUP_PORTAL_URL is not set";
    BRV_DATA "BRV_DATA_DIR" "Data folder of brv, where a running brv leaves its address";
    SOLE_BUYER "TOPUP_SOLE_BUYER" "Say that nothing but this journal buys for the account, like sole_buyer of the profile";
    STATE_URL "TOPUP_STATE_URL" "Server that machines share purchases and logins on, as postgres://user@host/database; like state_url of the profile";
    STATE_KEY "TOPUP_STATE_KEY" "Key that the logins on that server are encrypted with, 32 bytes in base64; 'topup config new-key' makes one";
    LEDGER_URL "TOPUP_LEDGER_URL" "Where the prepaid ledger is: the path of a file, sqlite:PATH, or postgres://user@host/database";
    LEDGER_MANDATE "TOPUP_LEDGER_MANDATE" "Mandate of the prepaid ledger, like 'ledger --mandate'";
    LEDGER_USER "TOPUP_LEDGER_USER" "User of the prepaid ledger, like 'ledger --user'";
    PG_PASSWORD "PGPASSWORD" "Password for the server of the ledger, where its URL has none";
    PG_PASSFILE "PGPASSFILE" "File of passwords for it, instead of ~/.pgpass; left out where others can read it";
    PG_SERVICE "PGSERVICE" "Service whose settings complete the URL of the ledger's server";
    PG_SERVICE_FILE "PGSERVICEFILE" "File of services, instead of ~/.pg_service.conf";
    PG_SYSCONFDIR "PGSYSCONFDIR" "Folder of the services of the whole machine, pg_service.conf";
    CREDENTIAL_PROFILE "TOPUP_CREDENTIAL_PROFILE" "Set for the credential_command of a profile: the profile that it keeps the login of";
    COST_FILE "TOPUP_COST_FILE" "Set by 'ledger run' for its command: the file that takes what it cost, a price in each line";
    COST_FD "TOPUP_COST_FD" "Set by 'ledger run' for its command: the file descriptor on which that file is open already";
    WATCH_EVENT "TOPUP_WATCH_EVENT" "Set by 'watch' for its command: low, reminder or recovered";
    WATCH_BALANCE "TOPUP_WATCH_BALANCE" "Set by 'watch' for its command: what is left";
    WATCH_BELOW "TOPUP_WATCH_BELOW" "Set by 'watch' for its command: the threshold that it is below, or has reached again";
    WATCH_UNIT "TOPUP_WATCH_UNIT" "Set by 'watch' for its command: what both count, such as usd, credits or uses";
    WATCH_PROVIDER "TOPUP_WATCH_PROVIDER" "Set by 'watch' for its command: the billing system, such as nous";
    WATCH_PROFILE "TOPUP_WATCH_PROFILE" "Set by 'watch' for its command: the profile that is watched";
    WATCH_ACCOUNT "TOPUP_WATCH_ACCOUNT" "Set by 'watch' for its command: the organisation, team or mandate, where the system names it; empty otherwise";
    WATCH_URL "TOPUP_WATCH_URL" "Set by 'watch' for its command: the page where credits are bought, where there is one; empty otherwise";
    SMTP_URL "TOPUP_SMTP_URL" "Mail server for notices about a balance, as smtp(s)://user:password@host:port";
    SMTP_FROM "TOPUP_SMTP_FROM" "Sender of those notices, instead of the mail server's user or topup at this host";
    NOTIFY_URL "TOPUP_NOTIFY_URL" "URL that gets notices about a balance as JSON; kept out of every trace";
    HTTPS_PROXY "HTTPS_PROXY" "Proxy for https portals that are not on this machine: http, https, socks5 or socks5h; the name in lower case is read as well";
    HTTP_PROXY "HTTP_PROXY" "The same for plain http portals; not read where REQUEST_METHOD is set";
    ALL_PROXY "ALL_PROXY" "Proxy for both, when neither of those is set";
    NO_PROXY "NO_PROXY" "Hosts and networks that are reached without a proxy, with commas between them";
    SSL_CERT_FILE "SSL_CERT_FILE" "File of the certificates to trust, instead of those of the system";
    SSL_CERT_DIR "SSL_CERT_DIR" "Folder of the certificates to trust, instead of those of the system";
    REQUEST_METHOD "REQUEST_METHOD" "Set by web servers: HTTP_PROXY may then be a header that a visitor sends";
    CI "CI" "When set, no question is asked, and --once needs to know the age of the name";
    GITHUB_ACTIONS "GITHUB_ACTIONS" "When true, secrets are masked in the log";
    GITHUB_OUTPUT "GITHUB_OUTPUT" "File that receives the outcome of a purchase or a gate in GitHub Actions";
    GITHUB_STEP_SUMMARY "GITHUB_STEP_SUMMARY" "File that receives the summary of a purchase or a gate in GitHub Actions";
    GITHUB_RUN_ATTEMPT "GITHUB_RUN_ATTEMPT" "Attempt of the workflow run: 1 proves that a --once name is new";
    GITHUB_RUN_ID "GITHUB_RUN_ID" "Id of the workflow run: with it in a --once name, the first attempt proves that the name is new";
    ACT "ACT" "Set by runners that work like GitHub's: GITHUB_RUN_ATTEMPT is not trusted there";
    GITEA_ACTIONS "GITEA_ACTIONS" "Set by the runner of Gitea, like ACT";
    FORGEJO_ACTIONS "FORGEJO_ACTIONS" "Set by the runner of Forgejo, like ACT";
    PIPELINE_ID "CI_PIPELINE_ID" "Id of the GitLab pipeline: with it in a --once name, the name is as old as the pipeline";
    PIPELINE_CREATED "CI_PIPELINE_CREATED_AT" "When the GitLab pipeline was created: the age of a --once name";
    COMPLETE "TOPUP_COMPLETE" "Set by the completion scripts: the shell that asks";
    COMPLETE_BREAKS "TOPUP_COMPLETE_BREAKS" "Set by the completion script of bash: the characters that it breaks words at";
    COMPLETE_AT "TOPUP_COMPLETE_AT" "Set by the completion scripts: the number of the word that is asked for";
    LC_ALL "LC_ALL" "Locale: a refusal of the prepaid ledger is in German where it begins with de";
    LC_MESSAGES "LC_MESSAGES" "Locale of messages, when LC_ALL is not set";
    LANG "LANG" "Locale, when neither of those is set";
    SHELL "SHELL" "Shell whose completion script 'doctor' checks";
    NO_COLOR "NO_COLOR" "No colour when set";
    CLICOLOR_FORCE "CLICOLOR_FORCE" "Colour even in a pipe when set and not 0";
    BROWSER "BROWSER" "Browser that opens the pages of the portal: a whole path, or a name in the folders of the system";
}
