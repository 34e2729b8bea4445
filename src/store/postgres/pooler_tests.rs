//! A ledger behind a pooler, on a server that follows another one, and with what libpq finds: the
//! right ledger or none, and nothing of ours on connections of other programs.

use super::*;
use crate::ledger::postgres::LEDGER;
use crate::ledger::service::Ledger;
use crate::ledger::suite::server::poolers::Pooler;
use crate::ledger::suite::server::{Schema, Server, ServerSetup};
use crate::ledger::suite::{LedgerStore, fill, used};
use crate::ledger::values::Filter;
use ::postgres::{Client as Program, NoTls};
use rust_decimal::Decimal;

fn connect(url: &str) -> Result<Ledger> {
    let ledger = Postgres::connect(&LEDGER, url, None, &Variables::default())?;
    Ok(Ledger::new(Box::new(ledger)))
}

/// The URL of the pooler, with what the URL of the schema has behind its question mark.
fn behind(pooler: &Pooler, schema: &Schema) -> String {
    let (_, options) = schema.url.split_once('?').expect("options");
    format!("{}?{options}", pooler.url)
}

#[test]
fn a_pooler_mixes_up_no_settings() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let role = server.role_of(&schema);
    let Some(pooler) = Pooler::start(&role.url, "transaction", "") else { return };
    let mut ledgers = [connect(&pooler.url).expect("one"), connect(&pooler.url).expect("another")];
    fill(&mut ledgers[0]);
    server.note_settings(&schema);
    // Another program leaves its settings on the one connection that they share.
    let mut program = Program::connect(&pooler.url, NoTls).expect("connected");
    let theirs = [
        ("synchronous_commit", "off"),
        ("search_path", "elsewhere"),
        ("statement_timeout", "1234ms"),
        ("lock_timeout", "4321ms"),
        ("idle_in_transaction_session_timeout", "2345ms"),
    ];
    for (name, value) in theirs {
        program.batch_execute(&format!("SET {name} = '{value}'")).expect("set");
    }
    let kept = |program: &mut Program| {
        for (name, value) in theirs {
            let row = program.query_one(&format!("SHOW {name}"), &[]).expect("a row");
            assert_eq!(row.get::<_, String>(0), value, "{name}");
        }
    };
    for _ in 0..3 {
        for ledger in &mut ledgers {
            ledger.record("org", &used("1", None, None)).expect("recorded");
            kept(&mut program);
            let mandate = ledger.mandate(None).expect("there");
            assert!(ledger.account(&mandate, None).expect("read").balance.0 > Decimal::ZERO);
            kept(&mut program);
        }
    }
    assert_eq!(
        server.noted_settings(&schema),
        [["on".to_owned(), schema.name.clone(), "10s".to_owned()]]
    );
    drop((ledgers, program, pooler));
    assert_eq!(LedgerStore::Server(schema).check_books(), 7);
}

#[test]
fn a_pooler_that_leaves_out_the_options_books_nothing_elsewhere() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    fill(&mut connect(&schema.url).expect("connected"));
    let Some(pooler) =
        Pooler::start(&server.url, "transaction", "ignore_startup_parameters = options")
    else {
        return;
    };
    let refused = connect(&behind(&pooler, &schema)).map(|_| ()).expect_err("another ledger");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    let told = refused.to_string();
    assert!(told.contains("search_path") && told.contains(&schema.name), "{told}");
    let hint = refused.parts().hints[0].to_string();
    assert!(hint.contains(&format!("SET search_path = {}", schema.name)), "{hint}");
    // What is asked for and comes to the same is no difference.
    let sign = if pooler.url.contains('?') { '&' } else { '?' };
    let same = format!("{}{sign}options=-cstatement_timeout%3D0%20-clock_timeout%3D0", pooler.url);
    let look = Postgres::look(&LEDGER, &same, Duration::from_secs(9), &Variables::default());
    look.expect("it is as asked for");
    let Some(refusing) = Pooler::start(&server.url, "transaction", "") else { return };
    let refused = connect(&behind(&refusing, &schema)).map(|_| ()).expect_err("refused");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    let hint = refused.parts().hints[0].to_string();
    assert!(hint.contains("ALTER ROLE") && hint.contains(&schema.name), "{hint}");
    assert_eq!(LedgerStore::Server(schema).check_books(), 1);
}

#[test]
fn a_pooler_of_statements_is_named_and_one_of_sessions_does() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let Some(pooler) =
        Pooler::start(&server.url, "statement", "ignore_startup_parameters = options")
    else {
        return;
    };
    let refused = connect(&pooler.url).map(|_| ()).expect_err("in pieces");
    assert_eq!(refused.class(), Class::Config, "{refused}");
    assert!(refused.to_string().contains("statement mode"), "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("pool_mode = transaction"));
    let Some(pooler) = Pooler::start(&server.url, "session", "") else { return };
    // Without options it is the ledger of the role; it is looked at and left alone.
    Postgres::look(&LEDGER, &pooler.url, Duration::from_secs(9), &Variables::default())
        .expect("looked");
    drop(schema);
}

#[test]
fn a_server_that_follows_another_is_read_and_is_passing_trouble_for_who_writes() {
    let Some(primary) = Server::own(&ServerSetup::default()) else { return };
    let setup = ServerSetup { follows: Some(primary.url.clone()), ..ServerSetup::default() };
    let mut ledger = connect(&primary.url).expect("connected");
    fill(&mut ledger);
    let Some(standby) = Server::own(&setup) else { return };
    let place = |server: &Server| {
        let (_, place) = server.url.rsplit_once('@').expect("a user");
        place.split_once('/').expect("a database").0.to_owned()
    };
    let mut reader = connect(&standby.url).expect("connected");
    let mandate = reader.mandate(None).expect("there already");
    assert_eq!(reader.account(&mandate, None).expect("read").balance.to_string(), "10.00");
    let refused = reader.record("org", &used("1", None, None)).expect_err("it only follows");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("target_session_attrs"));
    // Both are named: whichever takes writes is used.
    let (login, database) = ("topup:correct-horse", "postgres");
    let both = format!(
        "postgres://{login}@{},{}/{database}?target_session_attrs=read-write",
        place(&standby),
        place(&primary)
    );
    // None is going to take writes again by itself.
    let limits = TimeLimits { patience: Duration::from_millis(300), ..TimeLimits::default() };
    let connect = || Postgres::connect_within(&LEDGER, &both, limits, &Variables::default());
    let mut writer = Ledger::new(Box::new(connect().expect("the primary")));
    writer.record("org", &used("1", None, None)).expect("recorded");
    drop(ledger);
    drop(primary);
    let refused = writer.record("org", &used("1", None, None)).expect_err("none takes writes");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    assert!(refused.parts().hints[0].to_string().contains("target_session_attrs"));
    let refused = connect().map(|_| ()).expect_err("none takes writes");
    assert_eq!(refused.class(), Class::Timeout, "{refused}");
    standby.run("SELECT pg_promote()");
    let recorded = writer.record("org", &used("1", None, None)).expect("the other one does now");
    assert_eq!(recorded.balance.to_string(), "8.00");
    let (book, _) = writer.transactions("org", &Filter::default(), 9).expect("a book");
    assert_eq!(book.len(), 3);
}

#[test]
fn what_libpq_finds_beside_the_url_is_found() {
    let Some(server) = Server::shared() else { return };
    let schema = server.schema();
    let (start, options) = schema.url.split_once('?').expect("options");
    let (login, place) = start.rsplit_once('@').expect("a user");
    let (user, password) =
        login.split_once("://").expect("a login").1.split_once(':').expect("both");
    let bare = format!("postgres://{user}@{place}?{options}");
    let folder = crate::core::scratch::tempdir().expect("a folder");
    let home = folder.path().to_str().expect("text");
    let open = |url: &str, variables: &[(&str, &str)]| {
        let variables = [&[("HOME", home)], variables].concat();
        Postgres::connect(&LEDGER, url, None, &Variables::new(variables)).map(|_| ())
    };
    open(&bare, &[("PGPASSWORD", password)]).expect("by the variable");
    let refused = open(&bare, &[]).expect_err("no password");
    assert_eq!(refused.class(), Class::Config);
    let write = |name: &str, text: &str, mode: u32| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(&file, mode).expect("set");
    };
    write(".pgpass", &format!("*:*:*:{user}:{password}\n"), 0o644);
    let refused = open(&bare, &[]).expect_err("others can read it");
    let hints: Vec<String> = refused.parts().hints.iter().map(ToString::to_string).collect();
    assert!(hints.iter().any(|hint| hint.contains("chmod 600")), "{hints:?}");
    write(".pgpass", &format!("*:*:*:{user}:{password}\n"), 0o600);
    open(&bare, &[]).expect("by the file");
    let (host, database) = place.split_once('/').expect("a database");
    let (host, port) = host.split_once(':').unwrap_or((host, "5432"));
    let service = format!(
        "[team]\nhost={host}\nport={port}\ndbname={database}\nuser={user}\noptions=-csearch_path={}\n",
        schema.name
    );
    write(".pg_service.conf", &service, 0o644);
    for (url, variables) in [
        ("postgres://?service=team", &[][..]),
        ("postgres://", &[("PGSERVICE", "team")]),
        ("postgres:///?service=team", &[("PGSERVICE", "none")]),
    ] {
        open(url, variables).unwrap_or_else(|refused| panic!("{url}: {refused}"));
        let variables = Variables::new([&[("HOME", home)], variables].concat());
        let ledger = Postgres::connect(&LEDGER, url, None, &variables).expect("connected");
        assert!(ledger.place().contains(&schema.name), "{}", ledger.place());
    }
    let refused = open("postgres://", &[("PGSERVICE", "none")]).expect_err("no service");
    assert!(refused.to_string().contains("no service 'none'"), "{refused}");
}
