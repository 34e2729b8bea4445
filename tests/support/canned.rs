//! Small servers: one that always answers the same, and one that passes everything on.

use super::*;

/// A server that answers every connection with the same bytes and counts them.
pub struct Canned {
    pub url: String,
    count: Arc<AtomicUsize>,
}

impl Canned {
    pub fn new(answer: Vec<u8>) -> Self {
        Self::serve(answer, true)
    }

    fn serve(answer: Vec<u8>, reads: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                if reads {
                    read_request(&mut stream);
                }
                let _ = stream.write_all(&answer);
            }
        });
        Self { url, count }
    }

    /// Answers as soon as somebody connects, whatever they say: no TLS, for one.
    pub fn at_once(answer: Vec<u8>) -> Self {
        Self::serve(answer, false)
    }

    /// One JSON answer.
    pub fn json(status: &str, body: &str) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        Self::new([head.as_bytes(), body.as_bytes()].concat())
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub fn user(&self) -> User {
        User::new().with("TOPUP_PORTAL_URL", &self.url).with("TOPUP_TOKEN", "opaque-token")
    }
}

/// Reads one request with the body that its head announces.
fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length: usize = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |value| value.trim().parse().expect("a length"));
            if bytes.len() >= end + 4 + length {
                return;
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Passes everything on to a server and counts the connections.
pub struct Passing {
    pub url: String,
    count: Arc<AtomicUsize>,
}

impl Passing {
    /// Each piece of a request is shown to `sees` before it goes on, and goes on when that is back.
    pub fn before(url: &str, sees: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        let behind = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let count = Arc::new(AtomicUsize::new(0));
        let (counted, sees) = (Arc::clone(&count), Arc::new(sees));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                let server = TcpStream::connect(&behind).expect("the server");
                let sees = Arc::clone(&sees);
                pass(
                    client.try_clone().expect("a handle"),
                    server.try_clone().expect("a handle"),
                    move |piece| sees(piece),
                );
                pass(server, client, |_| ());
            }
        });
        Self { url, count }
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, sees: impl Fn(&[u8]) + Send + 'static) {
    std::thread::spawn(move || {
        let mut piece = [0_u8; 8192];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            sees(&piece[..count]);
            if to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}
