//! A way to a server on loopback that breaks off or falls silent at a chosen point: around a COMMIT
//! for one, which no test could hit otherwise.

#![allow(dead_code, reason = "each of those who take it in uses a part")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it does to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// The COMMIT arrives, and its answer gets lost with the connection.
    AfterCommit,
    /// The connection is lost before the COMMIT arrives.
    BeforeCommit,
    /// The COMMIT arrives, and then nothing more is said.
    SilentAfterCommit,
    /// A statement with this in it does not arrive, and nothing more is said.
    SilentAt(&'static str),
    /// The connection is lost when a statement with this in it comes for this time.
    BreakAt(&'static str, usize),
    /// It takes the connection and says nothing at all.
    Silent,
}

/// The way to a server.
pub struct Proxy {
    /// Where it begins.
    pub address: SocketAddr,
    faults: Arc<Mutex<Vec<Fault>>>,
    closed: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    questions: Arc<AtomicUsize>,
}

impl Proxy {
    /// To this server; its connections have these faults, one after the other, and then none.
    pub fn to(server: &str, faults: &[Fault]) -> Self {
        let server = server.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = Self {
            address: listener.local_addr().expect("an address"),
            faults: Arc::new(Mutex::new(faults.iter().rev().copied().collect())),
            closed: Arc::new(AtomicBool::new(false)),
            count: Arc::new(AtomicUsize::new(0)),
            questions: Arc::new(AtomicUsize::new(0)),
        };
        let (faults, closed) = (Arc::clone(&proxy.faults), Arc::clone(&proxy.closed));
        let (count, questions) = (Arc::clone(&proxy.count), Arc::clone(&proxy.questions));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let fault = faults.lock().expect("faults").pop().unwrap_or(Fault::None);
                if !closed.load(Ordering::SeqCst) {
                    let server = TcpStream::connect(&server).expect("the server");
                    let questions = Arc::clone(&questions);
                    thread::spawn(move || pass(&client, &server, fault, &questions));
                }
            }
        });
        proxy
    }

    /// From now on every new connection breaks off at once.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// From now on new connections are passed on again.
    pub fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// How often something was asked and waited for, on all of them: the ways there and back.
    pub fn round_trips(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

/// Passes on what the client says, piece by piece; the server's answers go back on a thread.
fn pass(client: &TcpStream, server: &TcpStream, fault: Fault, questions: &AtomicUsize) {
    let muted = Arc::new(AtomicBool::new(fault == Fault::Silent));
    let heard = Arc::new(AtomicUsize::new(0));
    // The transaction whose answer is not passed on is over.
    let ended = Arc::new(AtomicBool::new(false));
    // How much was heard when something was last said: what is said in pieces is one question.
    let mut heard_before = usize::MAX;
    let back = {
        let (mut from, mut to) = (handle(server), handle(client));
        let (muted, heard) = (Arc::clone(&muted), Arc::clone(&heard));
        let ended = Arc::clone(&ended);
        thread::spawn(move || {
            let mut piece = [0_u8; 16 * 1024];
            let mut answer = Vec::new();
            while let Ok(size @ 1..) = from.read(&mut piece) {
                heard.fetch_add(1, Ordering::SeqCst);
                if muted.load(Ordering::SeqCst) {
                    answer.extend_from_slice(&piece[..size]);
                    let says = |word: &[u8]| answer.windows(word.len()).any(|at| at == word);
                    ended.fetch_or(says(b"COMMIT\0") || says(b"ROLLBACK\0"), Ordering::SeqCst);
                }
                if !muted.load(Ordering::SeqCst) && to.write_all(&piece[..size]).is_err() {
                    break;
                }
            }
            if !muted.load(Ordering::SeqCst) {
                let _ = to.shutdown(Shutdown::Both);
            }
        })
    };
    let (mut from, mut to) = (handle(client), handle(server));
    let mut piece = [0_u8; 16 * 1024];
    let mut times = 0;
    while let Ok(size @ 1..) = from.read(&mut piece) {
        let heard_now = heard.load(Ordering::SeqCst);
        // A good-bye, which is the letter X, asks nothing.
        if heard_before != heard_now && piece[0] != b'X' {
            questions.fetch_add(1, Ordering::SeqCst);
            heard_before = heard_now;
        }
        let says = |word: &str| piece[..size].windows(word.len()).any(|at| at == word.as_bytes());
        match fault {
            Fault::BeforeCommit if says("COMMIT\0") => break,
            Fault::AfterCommit | Fault::SilentAfterCommit if says("COMMIT\0") => {
                muted.store(true, Ordering::SeqCst);
                let _ = to.write_all(&piece[..size]);
                // It has done it when it says so: what goes before may be answered by itself.
                while !ended.load(Ordering::SeqCst) && !back.is_finished() {
                    thread::sleep(Duration::from_millis(1));
                }
                if fault == Fault::AfterCommit {
                    break;
                }
            }
            Fault::BreakAt(word, time)
                if says(word) && {
                    times += 1;
                    times == time
                } =>
            {
                break;
            }
            Fault::SilentAt(word) if says(word) => muted.store(true, Ordering::SeqCst),
            _ if muted.load(Ordering::SeqCst) && fault != Fault::Silent => {}
            _ => {
                if to.write_all(&piece[..size]).is_err() {
                    break;
                }
            }
        }
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

fn handle(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a handle")
}
