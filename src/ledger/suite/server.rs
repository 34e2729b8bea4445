//! A PostgreSQL server for tests: the one that `TOPUP_TEST_POSTGRES` names, else one that is made
//! in a temporary folder and ends with the process that asked for it, however that ends.
//!
//! It leans on nothing else of this crate, so that the tests of the binary and the benches can
//! take it in as well. Each test gets a schema of its own, which is dropped after it.

#![allow(dead_code, reason = "each of those who take it in uses a part")]

#[path = "poolers.rs"]
pub mod poolers;

use ::postgres::{Client, NoTls};
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Names a server to be used, as `postgres://user:password@host/database`.
pub const GIVEN: &str = "TOPUP_TEST_POSTGRES";
/// What has to be there, with commas in between: a test that cannot run for want of it fails.
const REQUIRED: &str = "TOPUP_TEST_REQUIRES";
/// The longest that a server may take to be there.
const START: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct-horse";

/// Keeps the server while its standard input is open: that is as long as the process lives that
/// started this, which the system sees to. `$1`: initdb, `$2`: postgres, `$3`: the folder, `$4`:
/// the port, `$5`: how a password is asked for, `$6`: the server that it follows, if it follows one,
/// `$7`: where its data are prepared: they are copied from there, or to there once they are made; the
/// rest are settings.
const KEEPER: &str = r#"
    trap '' HUP INT TERM
    initdb=$1 postgres=$2 folder=$3 port=$4 auth=$5 primary=$6 prepared=$7; shift 7
    if [ -n "$primary" ]; then
        "$(dirname "$postgres")/pg_basebackup" -d "$primary" -D "$folder/data" -R -c fast -N \
            > "$folder/log" 2>&1 || exit 1
    elif [ -d "$prepared" ]; then
        cp -Rp "$prepared" "$folder/data" > "$folder/log" 2>&1 || exit 1
    else
        "$initdb" -D "$folder/data" -U topup -E UTF8 --locale=C -N --pwfile="$folder/password" \
            --auth-local=trust --auth-host=$auth > "$folder/log" 2>&1 || exit 1
        if [ -n "$prepared" ]; then cp -Rp "$folder/data" "$prepared"; fi
    fi
    exec 3<&0
    "$postgres" -D "$folder/data" -p "$port" -c listen_addresses=127.0.0.1 \
        -c unix_socket_directories="$folder" -c max_connections=200 "$@" \
        >> "$folder/log" 2>&1 3<&- &
    id=$!
    (read -r _; touch "$folder/over"; while kill -INT $id; do sleep 1; done) <&3 2> /dev/null &
    wait $id
    # Where it ended by itself, somebody wants to read why.
    if [ -e "$folder/over" ]; then rm -rf "$folder"; else kill -9 $!; fi
"#;

/// How a server of one's own is set up.
#[derive(Clone, Debug, Default)]
pub struct ServerSetup {
    /// What is committed is on the disk: as it is in earnest, and slower.
    pub durable: bool,
    /// A certificate and its key, in PEM: it speaks TLS.
    pub tls: Option<(String, String)>,
    /// The server that it follows, and takes no writes as long as it does.
    pub follows: Option<String>,
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it is, with user, password and database.
    pub url: String,
    keeper: Option<Child>,
    /// Data as they are before the first start, for other servers of this process.
    prepared: Option<PathBuf>,
    schemas: Arc<SchemaMaker>,
}

/// A place on a server for one test, empty at first.
#[derive(Debug)]
pub struct Schema {
    /// Where it is: what a ledger is opened with.
    pub url: String,
    /// Its name.
    pub name: String,
    maker: Arc<SchemaMaker>,
}

/// Makes and drops the schemas of a server, with one connection for all of them.
struct SchemaMaker {
    url: String,
    client: Mutex<Option<Client>>,
}

impl std::fmt::Debug for SchemaMaker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SchemaMaker")
    }
}

impl SchemaMaker {
    fn run(&self, statements: &str) -> Result<(), ::postgres::Error> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept
            .take()
            .and_then(|mut client| client.batch_execute(statements).is_ok().then_some(client));
        // What failed may have lost its connection: a test may have ended all of them.
        let client = match known {
            Some(client) => client,
            None => {
                let mut client = Client::connect(&self.url, NoTls)?;
                client.batch_execute("SET lock_timeout = '5s'")?;
                client.batch_execute(statements)?;
                client
            }
        };
        *kept = Some(client);
        Ok(())
    }
}

/// The server that the tests of this process share.
static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();

impl Server {
    /// The server that the tests of this process share; none where there is none, which is told.
    pub fn shared() -> Option<&'static Self> {
        let server = SHARED.get_or_init(|| match std::env::var(GIVEN) {
            Ok(url) if !url.is_empty() => Ok(Self::at(url, None, None)),
            _ => Self::start(&ServerSetup::default(), true),
        });
        server.as_ref().map_err(|why| missing(why)).ok()
    }

    /// A server of one's own; none where there is none, which is told.
    pub fn own(setup: &ServerSetup) -> Option<Self> {
        Self::start(setup, false).map_err(|why| missing(&why)).ok()
    }

    fn at(url: String, keeper: Option<Child>, prepared: Option<PathBuf>) -> Self {
        let schemas = SchemaMaker { url: url.clone(), client: Mutex::default() };
        Self { url, keeper, prepared, schemas: Arc::new(schemas) }
    }

    fn start(setup: &ServerSetup, prepares: bool) -> Result<Self, String> {
        let initdb = program("initdb").ok_or("no initdb is installed")?;
        let postgres = program("postgres").ok_or("no postgres is installed")?;
        let mut why = String::new();
        // The port is free now, and may not be any more when it is used.
        for _ in 0..3 {
            match Self::start_once(&initdb, &postgres, setup, prepares) {
                Ok(server) => return Ok(server),
                Err(told) => why = told,
            }
        }
        Err(why)
    }

    fn start_once(
        initdb: &Path,
        postgres: &Path,
        setup: &ServerSetup,
        prepares: bool,
    ) -> Result<Self, String> {
        let place = if setup.durable { std::env::temp_dir() } else { fastest_place() };
        let folder = tempfile::Builder::new()
            .prefix("topup-pg-")
            .tempdir_in(place)
            .map_err(|cause| cause.to_string())?
            .keep();
        let mut settings: Vec<String> = Vec::new();
        let mut set = |setting: &str| settings.extend(["-c".to_owned(), setting.to_owned()]);
        if !setup.durable {
            set("fsync=off");
            set("full_page_writes=off");
            set("deadlock_timeout=100ms");
        }
        let mut files = vec![("password", PASSWORD)];
        // Proving a password without showing it takes a client that was not optimised a tenth of
        // a second and the server some milliseconds, and the tests connect a thousand times.
        let mut auth = "md5";
        if let Some((certificate, key)) = &setup.tls {
            auth = "scram-sha-256";
            set("ssl=on");
            set(&format!("ssl_cert_file={}/server.crt", folder.display()));
            set(&format!("ssl_key_file={}/server.key", folder.display()));
            files.extend([("server.crt", certificate.as_str()), ("server.key", key.as_str())]);
        }
        let written = files.iter().try_for_each(|(name, text)| {
            let file = folder.join(name);
            fs::write(&file, text)?;
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        });
        written.map_err(|cause| cause.to_string())?;
        let port = free_port().map_err(|cause| cause.to_string())?;
        let shared = SHARED.get().and_then(|server| server.as_ref().ok());
        let prepared = match shared {
            _ if prepares => Some(folder.join("prepared")),
            Some(server) if setup.tls.is_none() => server.prepared.clone(),
            _ => None,
        };
        let mut keeper = as_somebody(&folder)?;
        let keeper = keeper
            .args(["sh", "-c", KEEPER, "keeper"])
            .args([initdb, postgres, &folder])
            .args([&port.to_string(), auth, setup.follows.as_deref().unwrap_or_default()])
            .arg(prepared.as_deref().unwrap_or(Path::new("")))
            .args(&settings)
            .current_dir("/")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What is typed at the terminal of the test is not for the server.
            .process_group(0)
            .spawn()
            .map_err(|cause| format!("it cannot be started: {cause}"))?;
        let url = format!("postgres://topup:{PASSWORD}@127.0.0.1:{port}/postgres");
        let mut server = Self::at(url, Some(keeper), prepared);
        let end = Instant::now() + START;
        loop {
            if is_ready(&server.url, &folder, setup.follows.as_deref()) {
                return Ok(server);
            }
            let ended = match &mut server.keeper {
                Some(keeper) => keeper.try_wait().map_or(true, |status| status.is_some()),
                None => true,
            };
            if ended || Instant::now() > end {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                drop(server);
                let _ = fs::remove_dir_all(&folder);
                return Err(format!("it does not start: {}", log.trim()));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// An empty place on it.
    pub fn schema(&self) -> Schema {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("topup_test_{}_{count}", std::process::id());
        let make = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        self.schemas.run(&make).unwrap_or_else(|cause| panic!("{make}: {cause:?}"));
        let sign = if self.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{sign}options=-csearch_path%3D{name}", self.url);
        Schema { url, name, maker: Arc::clone(&self.schemas) }
    }

    /// A role that finds this schema by itself: a pooler passes no options on.
    pub fn role_of<'s>(&'s self, schema: &Schema) -> SchemaRole<'s> {
        let name = format!("{}_role", schema.name);
        self.run(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD 'x'; ALTER ROLE {name} SET search_path = {0};
             GRANT ALL ON SCHEMA {0} TO {name}",
            schema.name
        ));
        let (_, place) = self.url.rsplit_once('@').expect("a user");
        let url = format!("postgres://{name}:x@{place}");
        SchemaRole { server: self, name, url }
    }

    /// Has the server note under which settings each transaction of the ledger there is booked.
    pub fn note_settings(&self, schema: &Schema) {
        self.run(&format!(
            "CREATE TABLE {0}.seen (commit TEXT, path TEXT, lock TEXT);
             GRANT INSERT ON {0}.seen TO PUBLIC;
             CREATE FUNCTION {0}.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 INSERT INTO {0}.seen VALUES (current_setting('synchronous_commit'),
                     current_setting('search_path'), current_setting('lock_timeout'));
                 RETURN NEW; END $$;
             CREATE TRIGGER see AFTER INSERT ON {0}.ledger_transaction
                 FOR EACH ROW EXECUTE FUNCTION {0}.see()",
            schema.name
        ));
    }

    /// What it noted, each once: `synchronous_commit`, `search_path` and `lock_timeout`.
    pub fn noted_settings(&self, schema: &Schema) -> Vec<[String; 3]> {
        let seen = format!("SELECT DISTINCT commit, path, lock FROM {}.seen", schema.name);
        let rows = Client::connect(&self.url, NoTls)
            .and_then(|mut client| client.query(&seen, &[]))
            .expect("rows");
        rows.iter().map(|row| [0, 1, 2].map(|at| row.get(at))).collect()
    }

    /// Runs statements as whoever looks after it.
    pub fn run(&self, statements: &str) {
        run(&self.url, statements).unwrap_or_else(|cause| panic!("{statements}: {cause:?}"));
    }
}

/// A role for one test, which goes away with everything that it has.
#[derive(Debug)]
pub struct SchemaRole<'s> {
    server: &'s Server,
    /// Its name.
    pub name: String,
    /// Where the server is, as this role.
    pub url: String,
}

impl Drop for SchemaRole<'_> {
    fn drop(&mut self) {
        self.server.run(&format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop = format!("DROP SCHEMA {} CASCADE", self.name);
        if let Err(cause) = self.maker.run(&drop)
            && !thread::panicking()
        {
            panic!("{} stays: {cause:?}", self.name);
        }
    }
}

/// Whether it can be asked, and is not another one that was faster to take the port; and one that
/// follows another is known there: that takes a moment longer.
fn is_ready(url: &str, folder: &Path, follows: Option<&str>) -> bool {
    let is_it = |mut client: Client| {
        let row = client.query_one("SHOW data_directory", &[]).ok()?;
        (Path::new(row.get::<_, &str>(0)) == folder.join("data")).then_some(())
    };
    let is_followed = |primary| {
        let mut client = Client::connect(primary, NoTls).ok()?;
        let query = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming' LIMIT 1";
        client.query_opt(query, &[]).ok()?
    };
    Client::connect(url, NoTls).ok().and_then(is_it).is_some()
        && follows.is_none_or(|primary| is_followed(primary).is_some())
}

fn run(url: &str, statements: &str) -> Result<(), ::postgres::Error> {
    Client::connect(url, NoTls)?.batch_execute(statements)
}

/// Says that a test cannot run for want of a server; where one is required that is a failure.
fn missing(why: &str) {
    let required = std::env::var(REQUIRED).unwrap_or_default();
    assert!(!required.split(',').any(|what| what == "postgres"), "no PostgreSQL server: {why}");
    println!("skipped: no PostgreSQL server");
}

/// A program of the server: where distributions put it, else on the path.
pub fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<PathBuf> = versions.map(|entry| entry.path()).collect();
    found.sort_by_key(|path| version(path));
    let places = found.into_iter().rev().map(|path| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.chain(on_path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A command that runs what follows as somebody whom the server does not refuse: it does not run
/// as root.
fn as_somebody(folder: &Path) -> Result<Command, String> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(Command::new("env"));
    }
    let somebody = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)));
    let (user, group) = somebody.ok_or("it does not run as root, and there is nobody else")?;
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for file in files.chain([folder.to_owned()]) {
        chown(&file, Some(user), Some(group)).map_err(|cause| cause.to_string())?;
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
    Ok(command)
}

/// Where a server is made of which nothing has to last: in memory, where the system has a place there
/// with room for several.
fn fastest_place() -> PathBuf {
    let in_memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(in_memory).map(|place| place.f_bavail * place.f_frsize);
    let has_room = free.is_ok_and(|free| free >= 2 << 30);
    if has_room { in_memory.to_owned() } else { std::env::temp_dir() }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
