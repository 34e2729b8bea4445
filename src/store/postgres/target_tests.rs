//! What a URL comes to.

use super::*;
use crate::ledger::postgres::LEDGER;

fn read(url: &str) -> ServerTarget {
    ServerTarget::read(&LEDGER, url, Duration::from_secs(9), &Variables::default())
        .unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[test]
fn away_from_this_machine_it_is_always_tls() {
    for (url, encrypted) in [
        ("postgres://db.example/x", true),
        ("postgres://db.example/x?sslmode=prefer", true),
        ("postgres://db.example/x?sslmode=allow", true),
        ("postgres://db.example/x?sslmode=verify-ca", true),
        ("postgres://db.example/x?sslmode=disable", false),
        ("postgres://127.0.0.1/x", false),
        ("postgres://localhost/x?sslmode=prefer", false),
        ("postgres://localhost/x?sslmode=require", true),
        ("postgres://[::1]/x", false),
        ("postgres://localhost,db.example/x", true),
        ("postgres://localhost/x?hostaddr=192.0.2.1", true),
        ("postgres://db.example/x?hostaddr=127.0.0.1", false),
        ("postgres://%2Frun%2Fpg/x", false),
        ("postgres:///x?host=/run/pg&sslmode=require", false),
    ] {
        let target = read(url);
        assert_eq!(target.trust.is_some(), encrypted, "{url}");
        let mode = if encrypted { SslMode::Require } else { SslMode::Disable };
        assert_eq!(target.config.get_ssl_mode(), mode, "{url}");
    }
    let named = read("postgres://db.example/x?sslrootcert=/etc/a%20b+c.pem");
    assert_eq!(named.trust, Some(Trust::File("/etc/a b+c.pem".into())));
    let system = read("postgres://db.example/x?sslrootcert=system");
    assert_eq!(system.trust, Some(Trust::System));
}

#[test]
fn a_place_shows_no_password_and_what_is_unknown_is_left_out() {
    for (url, place) in [
        (
            "postgres://anna:s3cret@db.example/pool?connect_timeout=x&gssencmode=disable",
            "postgres://db.example/pool",
        ),
        ("postgresql://anna:s3cret@db.example:5433", "postgres://db.example:5433/anna"),
        (
            "postgres://a,b:6432/pool?target_session_attrs=primary&keepalives=maybe",
            "postgres://a,b:6432/pool",
        ),
        (
            "postgres://localhost/pool?password=s3cret&application_name=a@b",
            "postgres://localhost/pool",
        ),
        (
            "postgres://anna:s3cret@[::1]:5433/pool?target_session_attrs=prefer-standby",
            "postgres://[::1]:5433/pool",
        ),
        ("postgres://anna:s3cret@%2Frun%2Fpg/pool", "postgres://[/run/pg]/pool"),
    ] {
        let target = read(url);
        assert_eq!(target.place.name, place);
        assert!(!format!("{target:?}").contains("s3cret"), "{url}");
    }
    let local = read("postgres://LocalHost:5433/x");
    assert_eq!(local.config.get_hostaddrs().len(), 1, "no name server is asked for it");
    assert_eq!(local.place.name, "postgres://LocalHost:5433/x");
    let shared = read("postgres://a,b,c/x");
    assert_eq!(shared.config.get_connect_timeout(), Some(&Duration::from_secs(3)));
}

#[test]
fn what_cannot_be_understood_is_told_without_the_url() {
    for url in [
        "postgres://anna:s3c@ret@db.example/x",
        "postgres://anna:s3cret@db.example:port/x",
        "postgres://anna:s3cret@db.example/x?sslmode=maybe",
        "postgres://anna:s3cret?x@db.example/x",
    ] {
        let refused =
            ServerTarget::read(&LEDGER, url, Duration::from_secs(9), &Variables::default())
                .expect_err(url);
        assert_eq!(refused.class(), Class::Config, "{url}");
        let told = format!("{refused:?}");
        assert!(!told.contains("s3c") && !told.contains("ret@"), "{told}");
    }
    let missing = read("postgres://db.example/x?sslrootcert=/nowhere/roots.pem");
    let refused = missing.trust.expect("trust").load(LEDGER.variable).expect_err("no such file");
    assert!(refused.to_string().contains("/nowhere/roots.pem"), "{refused}");
}
