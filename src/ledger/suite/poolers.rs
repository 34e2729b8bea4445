//! Poolers in front of a server for tests, each a program of others that ends with the process that
//! asked for it.

use super::{REQUIRED, START, as_somebody, free_port};
use ::postgres::{Client, NoTls, SimpleQueryMessage};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Keeps a pooler as [`super::KEEPER`] keeps a server. `$1`: the folder, `$2`: the signal that ends it;
/// the rest is what is run.
const KEEPER: &str = r#"
    trap '' HUP INT TERM
    folder=$1 signal=$2; shift 2
    exec 3<&0
    "$@" > "$folder/log" 2>&1 3<&- &
    id=$!
    (read -r _; kill -"$signal" $id) <&3 2> /dev/null &
    wait $id
    kill -9 $! 2> /dev/null
    rm -rf "$folder"
"#;

/// The parts of the URL of a server: user, password, host, port and database.
struct Parts<'u> {
    user: &'u str,
    password: &'u str,
    host: &'u str,
    port: &'u str,
    database: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Self {
        let (_, rest) = url.split_once("://").expect("a URL");
        let (login, place) = rest.rsplit_once('@').expect("a user");
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (host, database) = place.split_once('/').expect("a database");
        let (host, port) = host.split_once(':').unwrap_or((host, "5432"));
        Self { user, password, host, port, database }
    }
}

/// This program; none where it is not installed, which is told.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var(REQUIRED).unwrap_or_default();
        assert!(!required.split(',').any(|what| what == name), "{name} is missing");
        println!("skipped: no {name}");
    }
    found
}

/// A program that runs in a folder of its own.
#[derive(Debug)]
struct Kept {
    folder: PathBuf,
    keeper: Child,
}

impl Kept {
    fn folder() -> PathBuf {
        tempfile::Builder::new().prefix("topup-pool-").tempdir().expect("a folder").keep()
    }

    fn start(folder: PathBuf, signal: &str, program: &Path, arguments: &[&str]) -> Self {
        let keeper = as_somebody(&folder)
            .expect("somebody to run it")
            .args(["sh", "-c", KEEPER, "keeper"])
            .args([folder.as_os_str(), signal.as_ref(), program.as_os_str()])
            .args(arguments)
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("it starts");
        Self { folder, keeper }
    }

    fn wait_until(&self, is_ready: impl Fn() -> bool) {
        let end = Instant::now() + START;
        while !is_ready() {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "the pooler does not start: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A pgbouncer in front of a server.
#[derive(Debug)]
pub struct Pooler {
    /// Where it is, with user, password and database.
    pub url: String,
    _kept: Kept,
}

impl Pooler {
    /// In front of the server at this URL, in this mode, with one connection to it that all share,
    /// and with these settings. None where there is no pgbouncer, which is told.
    pub fn start(url: &str, mode: &str, settings: &str) -> Option<Self> {
        let program = program("pgbouncer")?;
        let Parts { user, password, host, port: server_port, database } = Parts::of(url);
        let folder = Kept::folder();
        let port = free_port().expect("a port");
        let ini = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = plain\nauth_file = {0}/users\npool_mode = {mode}\n\
             default_pool_size = 1\n{settings}\n",
            folder.display()
        );
        let users = format!("\"{user}\" \"{password}\"\n");
        for (name, text) in [("pgbouncer.ini", &ini), ("users", &users)] {
            fs::write(folder.join(name), text).expect("written");
        }
        let kept = Kept::start(folder, "KILL", &program, &["pgbouncer.ini"]);
        kept.wait_until(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        let url = format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}");
        Some(Self { url, _kept: kept })
    }
}

/// A Pgpool-II in front of a server and one that follows it: what it takes for a mere look goes to that
/// one.
#[derive(Debug)]
pub struct Balancer {
    /// Where it is, with user, password and database.
    pub url: String,
    _kept: Kept,
}

impl Balancer {
    /// In front of the servers at these URLs, for whom the first one names, with these settings. None
    /// where there is no pgpool, which is told.
    pub fn start(primary: &str, standby: &str, settings: &str) -> Option<Self> {
        let program = program("pgpool")?;
        let Parts { user, password, database, .. } = Parts::of(primary);
        let folder = Kept::folder();
        let port = free_port().expect("a port");
        let place = folder.display();
        let mut conf = format!(
            "backend_clustering_mode = 'streaming_replication'\nload_balance_mode = on\n\
             listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{place}'\n\
             pcp_listen_addresses = ''\npcp_socket_dir = '{place}'\n\
             pid_file_name = '{place}/pid'\nlogdir = '{place}'\nsr_check_period = 0\n\
             sr_check_user = '{user}'\nsr_check_password = '{password}'\nsr_check_database = '{database}'\n\
             enable_pool_hba = on\npool_passwd = 'pool_passwd'\nnum_init_children = 8\n{settings}\n"
        );
        for (at, (url, weight)) in [(primary, 0), (standby, 1)].into_iter().enumerate() {
            let Parts { host, port, .. } = Parts::of(url);
            conf += &format!(
                "backend_hostname{at} = '{host}'\nbackend_port{at} = {port}\n\
                 backend_weight{at} = {weight}\nbackend_flag{at} = 'DISALLOW_TO_FAILOVER'\n"
            );
        }
        let users = format!("{user}:TEXT{password}\n");
        let access = "host all all 127.0.0.1/32 password\n";
        for (name, text) in [
            ("pgpool.conf", conf.as_str()),
            ("pool_passwd", &users),
            ("pool_hba.conf", access),
            ("pcp.conf", ""),
        ] {
            fs::write(folder.join(name), text).expect("written");
        }
        let files = ["-f", "pgpool.conf", "-a", "pool_hba.conf", "-F", "pcp.conf"];
        let arguments = [&["-n", "-D"], &files[..]].concat();
        let kept = Kept::start(folder, "INT", &program, &arguments);
        let url = format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}");
        kept.wait_until(|| knows_both(&url).unwrap_or(false));
        Some(Self { url, _kept: kept })
    }
}

/// Whether it is there and knows which server leads and which one follows.
fn knows_both(url: &str) -> Result<bool, ::postgres::Error> {
    let nodes = Client::connect(url, NoTls)?.simple_query("SHOW pool_nodes")?;
    let is = |node: &SimpleQueryMessage, role| {
        matches!(node, SimpleQueryMessage::Row(row)
            if row.get("role") == Some(role) && row.get("status") == Some("up"))
    };
    Ok(["primary", "standby"].iter().all(|role| nodes.iter().any(|node| is(node, role))))
}
