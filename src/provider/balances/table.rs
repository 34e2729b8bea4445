//! The systems whose balance one request reads: a row each. Contract: balances.

use super::row::{
    Also, AmountPlace, BalanceRow, Counted, Failing, FindId, Instead, LimitRow, Number, RowLook,
    Scope, Term, USD,
};
use crate::core::system::AccountKey;
use crate::http::Presented;

macro_rules! rows {
    ($($row:ident)*) => {
        /// Every row, in the order in which they are listed.
        pub static ROWS: &[BalanceRow] = &[$($row),*];
    };
}

rows! {
    OPENROUTER VERCEL CLOUDFLARE NGROK XAI INFERENCE_SH DEEPSEEK MOONSHOT NOVITA FAL DEEPINFRA
    VENICE RUNPOD DEEPGRAM DIGITALOCEAN BROWSER_USE ELEVENLABS TAVILY LITELLM NANOGPT VAST
    VOXROUTER MERGE NEURALWATT CROF KILO
}

/// One key's own limit, and what the account has only for a management key. Contract: openrouter.
const OPENROUTER: BalanceRow = BalanceRow::new(
    "openrouter",
    "OpenRouter",
    Some("https://openrouter.ai/api/v1"),
    RowLook::get("/credits")
        .one(Number::at(&["/data/total_credits"]).minus(&[Term::at("/data/total_usage")]), USD),
)
.key(&["OPENROUTER_MANAGEMENT_API_KEY", "OPENROUTER_API_KEY"])
.page("https://openrouter.ai/credits")
.lags("it may be a minute old")
.source("openapi.yaml 2026-08-22, PyPI openrouter 1.3.84 (2026-10-27)")
.instead(&Instead {
    status: 403,
    look: OPENROUTER_KEY,
    note: "This is the limit of this key alone; the account's money is not shown to it.",
    hint: "A management key (openrouter.ai/settings/management-keys) shows the account's money.",
})
.limit_look(&OPENROUTER_KEY);

const OPENROUTER_KEY: RowLook =
    RowLook::get("/key").scope(Scope::Key).amount(AmountPlace::LeftOfLimit).limit(LimitRow {
        left: Some(Number::at(&["/data/effective_budget/remaining_usd", "/data/limit_remaining"])),
        ..LimitRow::new(
            Scope::Key,
            Number::at(&["/data/effective_budget/limit_usd", "/data/limit"]),
            USD,
        )
        .window("/data/limit_reset", Some("/data/effective_budget/resets_at"))
    });

/// Contract: vercel.
const VERCEL: BalanceRow = BalanceRow::new(
    "vercel",
    "Vercel AI Gateway",
    Some("https://api.vercel.com"),
    RowLook::get("/credits").scope(Scope::Team).one(Number::at(&["/balance"]), USD),
)
.gateway("https://ai-gateway.vercel.sh/v1")
.key(&["VERCEL_OIDC_TOKEN"])
.shared_key(&["AI_GATEWAY_API_KEY"])
.account_keys(&[AccountKey { key: "team", variables: &["VERCEL_TEAM_ID"] }])
.page("https://vercel.com/d?to=%2F%5Bteam%5D%2F%7E%2Fsettings%2Fbilling")
.source("vercel.com/docs/ai-gateway 2026-07-30");

/// Contract: cloudflare.
const CLOUDFLARE: BalanceRow = BalanceRow::new(
    "cloudflare",
    "Cloudflare AI Gateway",
    Some("https://api.cloudflare.com/client/v4"),
    RowLook::get("/accounts/{account_id}/ai-gateway/billing/credit-balance")
        .one(Number::at(&["/result/balance"]), Counted::Unknown("cloudflare_balance_unit")),
)
.key(&["CLOUDFLARE_API_TOKEN"])
.account_keys(&[
    AccountKey { key: "account_id", variables: &["CLOUDFLARE_ACCOUNT_ID"] },
    AccountKey { key: "cloudflare_balance_unit", variables: &[] },
])
.page("https://dash.cloudflare.com/?to=/:account/ai/ai-gateway")
.source("PyPI cloudflare 5.9.0 (2026-11-29)")
// Its own clients send the day of the call.
.headers(&[("api-version", "2026-11-29")])
.failures(&[Failing::UnlessTrue("/success")])
.limit_look(&CLOUDFLARE_LIMIT);

const CLOUDFLARE_LIMIT: RowLook =
    RowLook::get("/accounts/{account_id}/ai-gateway/billing/spending-limit").limit(LimitRow {
        on: Some("/result/enabled"),
        ..LimitRow::new(Scope::Account, Number::at(&["/result/config/amount"]).scaled(100), USD)
            .window("/result/config/duration", None)
    });

/// Contract: ngrok.
const NGROK: BalanceRow = BalanceRow::new(
    "ngrok",
    "ngrok AI Gateway",
    Some("https://api.ngrok.ai"),
    RowLook::get("/credits/balance").one(Number::at(&["/balanceCents"]).scaled(100), USD),
)
.shared_key(&["AI_GATEWAY_API_KEY"])
.page("https://app.ngrok.ai/credits")
.source("ngrok-docs openapi/ai-gateway.yaml 2026-08-07")
.lags("use is taken off it a little later")
.needs("an ngrok.ai API key: access keys that begin with ng- do not work here");

/// Contract: xai.
const XAI: BalanceRow = BalanceRow::new(
    "xai",
    "xAI",
    Some("https://management-api.x.ai"),
    RowLook::get("/v1/billing/teams/{team_id}/prepaid/balance")
        .scope(Scope::Team)
        .one(Number::at(&["/total/val"]).scaled(100).negative(), USD),
)
.key(&["XAI_MANAGEMENT_API_KEY", "XAI_MANAGEMENT_KEY"])
.account_keys(&[AccountKey { key: "team_id", variables: &["XAI_TEAM_ID"] }])
.page("https://console.x.ai/team/default/billing")
.source("docs.x.ai management-api/billing, CodexBar 27c7f33 (2026-08-21)")
.lags("it is a posted ledger: what this billing cycle has used is taken off only when it closes")
.needs("a management key with billing rights, of this very team")
.find_id(&FindId {
    key: "team_id",
    path: "/auth/management-keys/validation",
    at: "/scopeId",
    list: None,
    when: Some(("/scope", "SCOPE_TEAM")),
});

/// Contract: inference-sh.
const INFERENCE_SH: BalanceRow = BalanceRow::new(
    "inference-sh",
    "inference.sh",
    Some("https://api.inference.sh"),
    RowLook::get("/billing/balance").one(Number::at(&["/balance"]).scaled(100_000_000), USD),
)
.key(&["INFERENCE_API_KEY"])
.page("https://app.inference.sh/settings/team/billing")
.source("inference.sh/docs/api/rest/billing 2026-10-11")
.headers(&[("x-api-version", "2")])
.needs("a key with the scope billing:read");

const DEEPSEEK: BalanceRow = BalanceRow::new(
    "deepseek",
    "DeepSeek",
    Some("https://api.deepseek.com"),
    RowLook::get("/user/balance")
        .amount(AmountPlace::Each {
            list: "/balance_infos",
            number: Number::at(&["/total_balance"]),
            unit: "/currency",
            name: None,
        })
        .usable("/is_available", true),
)
.key(&["DEEPSEEK_API_KEY"])
.page("https://platform.deepseek.com/top_up")
.source("api-docs.deepseek.com/api/get-user-balance (2026-11-29)");

const MOONSHOT: BalanceRow = BalanceRow::new(
    "moonshot",
    "Moonshot",
    Some("https://api.moonshot.ai/v1"),
    RowLook::get("/users/me/balance")
        .one(
            Number::at(&["/data/available_balance"]),
            Counted::ByRegion(&[("ai", "USD"), ("cn", "CNY")]),
        )
        .figures(&[
            ("voucher_balance", Number::at(&["/data/voucher_balance"])),
            ("cash_balance", Number::at(&["/data/cash_balance"])),
        ]),
)
.key(&["MOONSHOT_API_KEY"])
.account_keys(&[AccountKey { key: "region", variables: &[] }])
.regions(&[("ai", "https://api.moonshot.ai/v1"), ("cn", "https://api.moonshot.cn/v1")])
.page("https://platform.moonshot.ai/console")
.source("platform.moonshot.ai/docs, spec 2026-10-13")
.failures(&[Failing::UnlessTrue("/status"), Failing::UnlessZero("/code")]);

const NOVITA: BalanceRow = BalanceRow::new(
    "novita",
    "Novita",
    Some("https://api.novita.ai/openapi/v1"),
    RowLook::get("/billing/balance/detail")
        .one(Number::at(&["/cashBalance"]).scaled(10_000), USD)
        .figures(&[
            ("credit_limit", Number::at(&["/creditLimit"]).scaled(10_000)),
            ("outstanding_invoices", Number::at(&["/outstandingInvoices"]).scaled(10_000)),
        ]),
)
.key(&["NOVITA_API_KEY"])
.page("https://novita.ai/billing")
.source("novita.ai/docs/api-reference/basic-get-user-balance 2026-08-10")
.headers(&[("content-type", "application/json")])
.note("Money that may be owed (the credit limit) is not counted.");

const FAL: BalanceRow = BalanceRow::new(
    "fal",
    "fal",
    Some("https://api.fal.ai/v1"),
    RowLook::get("/account/billing?expand=credits")
        .one(Number::at(&["/credits/current_balance"]), Counted::Stated("/credits/currency"))
        .account("/username"),
)
.auth(Presented::Scheme("Key"))
.key(&["FAL_KEY"])
.page("https://fal.ai/dashboard/billing")
.source("fal.ai/docs/platform-apis/v1/account/billing (2026-11-29)")
.needs("a key with the permission billing:usage:read: an inference key has none")
.note("The account is locked at a threshold above zero.");

/// What was used and is not billed yet is spent already.
const DEEPINFRA: BalanceRow = BalanceRow::new(
    "deepinfra",
    "DeepInfra",
    Some("https://api.deepinfra.com"),
    RowLook::get("/payment/checklist?compute_owed=true").one(
        Number::at(&["/stripe_balance"])
            .negative()
            .minus(&[Term { at: "/recent", at_least_zero: true }]),
        USD,
    ),
)
.key(&["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"])
.page("https://deepinfra.com/dash")
.source("CodexBar 27c7f33, ai-usagebar 1.47.0; measured 2026-11-29");

const VENICE: BalanceRow = BalanceRow::new(
    "venice",
    "Venice",
    Some("https://api.venice.ai/api/v1"),
    RowLook::get("/billing/balance")
        .amount(AmountPlace::ByWord {
            word: "/consumptionCurrency",
            cases: &[
                ("USD", Number::at(&["/balances/usd"]), USD),
                ("DIEM", Number::at(&["/balances/diem"]), Counted::Things("diem")),
            ],
        })
        .usable("/canConsume", true),
)
.key(&["VENICE_API_KEY"])
.page("https://venice.ai/settings/api")
.source("docs.venice.ai/api-reference/endpoint/billing/balance (2026-06-26)")
.needs("an admin key: inference keys are refused");

const RUNPOD: BalanceRow = BalanceRow::new(
    "runpod",
    "RunPod",
    Some("https://api.runpod.io"),
    RowLook::post(
        "/graphql",
        r#"{"query":"query { myself { clientBalance currentSpendPerHr spendLimit } }"}"#,
    )
    .one(Number::at(&["/data/myself/clientBalance"]), USD)
    .figures(&[("spend_per_hour", Number::at(&["/data/myself/currentSpendPerHr"]))]),
)
.key(&["RUNPOD_API_KEY"])
.page("https://console.runpod.io/user/billing")
.source("docs.runpod.io/runpodctl, crate burnrate 0.1.17")
.failures(&[Failing::IfListed("/errors")]);

const DEEPGRAM: BalanceRow = BalanceRow::new(
    "deepgram",
    "Deepgram",
    Some("https://api.deepgram.com/v1"),
    RowLook::get("/projects/{project_id}/balances").amount(AmountPlace::Each {
        list: "/balances",
        number: Number::at(&["/amount"]),
        unit: "/units",
        name: Some("/balance_id"),
    }),
)
.auth(Presented::Scheme("Token"))
.key(&["DEEPGRAM_API_KEY"])
.account_keys(&[AccountKey { key: "project_id", variables: &[] }])
.page("https://console.deepgram.com")
.source("PyPI deepgram-sdk 7.17.0")
.needs("a key with a billing right in this project")
.find_id(&FindId {
    key: "project_id",
    path: "/projects",
    at: "/project_id",
    list: Some("/projects"),
    when: None,
});

/// What the account shows counts what is owed in the maker's own sample, and its sign is stated
/// nowhere: it is shown, and never a balance.
const DIGITALOCEAN: BalanceRow = BalanceRow::new(
        "digitalocean",
        "DigitalOcean",
        Some("https://api.digitalocean.com/v2"),
        RowLook::get("/customers/my/prepayment_status")
            .one(Number::at(&["/status/balance"]), USD)
            .usable("/status/blocked", false)
            .figures(&[("month_to_date_balance", Number::at(&["/status/month_to_date_balance"]),
            )]),
    )
    .key(&["DIGITALOCEAN_TOKEN"])
    .page("https://cloud.digitalocean.com/account/billing")
    .source("docs.digitalocean.com/reference/pydo 2026-10-01").instead(&Instead {
        status: 404,
        look: RowLook::get("/customers/my/balance").figures(&[
            ("account_balance", Number::at(&["/account_balance"])),
            ("month_to_date_balance", Number::at(&["/month_to_date_balance"])),
        ]),
        note: "These are numbers of the account's bills, and the system does not say whether they are owed, so neither is a balance.",
        hint: "Prepay on the page of the account to have a balance.",
    });

const BROWSER_USE: BalanceRow = BalanceRow::new(
    "browser-use",
    "Browser Use",
    Some("https://api.browser-use.com/api/v2"),
    RowLook::get("/billing/account").one(Number::at(&["/totalCreditsBalanceUsd"]), USD).figures(&[
        ("monthly_credits", Number::at(&["/monthlyCreditsBalanceUsd"])),
        ("additional_credits", Number::at(&["/additionalCreditsBalanceUsd"])),
    ]),
)
.auth(Presented::Header("x-browser-use-api-key"))
.key(&["BROWSER_USE_API_KEY"])
.page("https://cloud.browser-use.com/billing")
.source("PyPI browser-use-sdk 3.11.3");

const ELEVENLABS: BalanceRow = BalanceRow::new(
    "elevenlabs",
    "ElevenLabs",
    Some("https://api.elevenlabs.io/v1"),
    RowLook::get("/user/subscription")
        .one(
            Number::at(&["/character_limit"]).minus(&[Term::at("/character_count")]),
            Counted::Things("credits"),
        )
        .limit(
            LimitRow::new(
                Scope::Account,
                Number::at(&["/character_limit"]),
                Counted::Things("credits"),
            )
            .used(Number::at(&["/character_count"])),
        )
        .resets("/next_character_count_reset_unix"),
)
.auth(Presented::Header("xi-api-key"))
.key(&["ELEVENLABS_API_KEY"])
.page("https://elevenlabs.io/app/subscription")
.source("PyPI elevenlabs 2.78.0")
.note("Use beyond it may be allowed and billed, as the workspace says.");

const TAVILY: BalanceRow = BalanceRow::new(
    "tavily",
    "Tavily",
    Some("https://api.tavily.com"),
    RowLook::get("/usage")
        .one(
            Number::at(&["/account/plan_limit"]).minus(&[Term::at("/account/plan_usage")]),
            Counted::Things("credits"),
        )
        .limit(
            LimitRow::new(Scope::Key, Number::at(&["/key/limit"]), Counted::Things("credits"))
                .used(Number::at(&["/key/usage"])),
        ),
)
.key(&["TAVILY_API_KEY"])
.page("https://app.tavily.com/billing")
.source("docs.tavily.com (2026-11-29)");

/// The budgets of the key, its user and its team all bind. The key never goes into the query.
const LITELLM: BalanceRow = BalanceRow::new(
    "litellm",
    "LiteLLM",
    None,
    RowLook::get("/key/info").scope(Scope::Key).amount(AmountPlace::LeftOfLimit).limit(
        litellm_limit(
            Scope::Key,
            Number::at(&["/info/max_budget"]),
            Number::at(&["/info/spend"]),
            ["/info/budget_duration", "/info/budget_reset_at"],
        ),
    ),
)
.base_variables(&["LITELLM_BASE_URL"])
.key(&["LITELLM_API_KEY"])
.source("PyPI litellm 1.110.2")
.also(&[
    Also {
        look: RowLook::get("/user/info?user_id={id}")
            .scope(Scope::User)
            .amount(AmountPlace::LeftOfLimit)
            .limit(litellm_limit(
                Scope::User,
                Number::at(&["/user_info/max_budget"]),
                Number::at(&["/user_info/spend"]),
                ["/user_info/budget_duration", "/user_info/budget_reset_at"],
            )),
        id: "/info/user_id",
    },
    Also {
        look: RowLook::get("/team/info?team_id={id}")
            .scope(Scope::Team)
            .amount(AmountPlace::LeftOfLimit)
            .limit(litellm_limit(
                Scope::Team,
                Number::at(&["/team_info/max_budget"]),
                Number::at(&["/team_info/spend"]),
                ["/team_info/budget_duration", "/team_info/budget_reset_at"],
            )),
        id: "/info/team_id",
    },
]);

const fn litellm_limit(
    scope: Scope,
    limit: Number,
    used: Number,
    window: [&'static str; 2],
) -> LimitRow {
    LimitRow::new(scope, limit, USD).used(used).window(window[0], Some(window[1]))
}

const NANOGPT: BalanceRow = BalanceRow::new(
    "nanogpt",
    "NanoGPT",
    Some("https://nano-gpt.com/api"),
    RowLook::post("/check-balance", "{}").one(Number::at(&["/usd_balance"]), USD),
)
.auth(Presented::Header("x-api-key"))
.key(&["NANOGPT_API_KEY"])
.page("https://nano-gpt.com/balance")
.source("docs.nano-gpt.com (2026-11-29)");

/// The answer carries the key itself: nothing of it but these two numbers is ever kept or shown.
const VAST: BalanceRow = BalanceRow::new(
    "vast",
    "Vast.ai",
    Some("https://console.vast.ai/api/v0"),
    RowLook::get("/users/current")
        .figures(&[("credit", Number::at(&["/credit"])), ("balance", Number::at(&["/balance"]))]),
)
.key(&["VAST_API_KEY"])
.page("https://cloud.vast.ai/billing/")
.source("PyPI vastai 1.9.1")
.note("The system does not say which of the two numbers can be spent, so neither is the balance.");

const VOXROUTER: BalanceRow = BalanceRow::new(
    "voxrouter",
    "VoxRouter",
    Some("https://api.voxrouter.ai/v1"),
    RowLook::get("/credits").one(
        Number::at(&["/balanceMicros"]).minus(&[Term::at("/reservedMicros")]).scaled(1_000_000),
        USD,
    ),
)
.key(&["VOXROUTER_API_KEY"])
.source("docs of VoxRouter (2026-11-29)")
.note("A key that belongs to no account is shown zeros.");

const MERGE: BalanceRow = BalanceRow::new(
    "merge",
    "Merge Gateway",
    Some("https://api-gateway.merge.dev/v1"),
    RowLook::get("/credits").one(Number::at(&["/balance_usd"]), USD),
)
.source("docs of Merge Gateway (2026-11-29)")
.needs("a management key (mgmt_…) with the scope view_billing");

const NEURALWATT: BalanceRow = BalanceRow::new(
    "neuralwatt",
    "Neuralwatt",
    Some("https://api.neuralwatt.com/v1"),
    RowLook::get("/quota").one(Number::at(&["/balance/credits_remaining_usd"]), USD),
)
.key(&["NEURALWATT_API_KEY"])
.source("CodexBar 27c7f33 (2026-08-21)");

const CROF: BalanceRow = BalanceRow::new(
    "crof",
    "Crof",
    Some("https://crof.ai"),
    RowLook::get("/usage_api/").one(Number::at(&["/credits"]), USD),
)
.key(&["CROF_API_KEY"])
.page("https://crof.ai/dashboard")
.source("CodexBar 27c7f33 (2026-08-21)");

const KILO: BalanceRow = BalanceRow::new(
    "kilo",
    "Kilo",
    Some("https://api.kilo.ai"),
    RowLook::get("/api/profile/balance").one(Number::at(&["/balance"]), USD),
)
.source("ai-usagebar 1.47.0")
.note("The maker does not document this call.");

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
