//! Whether a log belongs to the file that it lies beside. SQLite does not check that: it would mix the
//! pages of a restored copy with those of a log that was begun for another state.
//!
//! Every transaction gives the first page a new mark ([`next`]), in its `application_id`: 16 bits that
//! are drawn, and 15 of the mark before it. So the first page of a file either stands in its log, where
//! the log has been moved into the file, or is the one that the log's first transaction goes on from.
//! Anything else is a copy of another time or of another file, newer, older or of the same age. Two
//! files from before the marks, whose transactions are counted alike, cannot be told apart.

use super::{beside, open_if_there};
use crate::core::files::open_plain;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// The head of a file (<https://www.sqlite.org/fileformat2.html#the_database_header>).
const HEAD: usize = 100;
/// Nothing smaller is written to a disk.
const SECTOR: u64 = 512;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Size of a page, and how the file is written.
const FORMAT: std::ops::Range<usize> = 16..24;
/// The count of the transactions that wrote the first page; SQLite counts those of one connection as
/// one while there is a log.
const COUNTER: usize = 24;
/// The mark.
const APPLICATION_ID: usize = 68;
/// The head of a log, and that of each page in it (<https://www.sqlite.org/fileformat2.html#walformat>).
pub(super) const LOG_HEAD: usize = 32;
const PAGE_HEAD: usize = 24;
/// No page is larger.
const LARGEST_PAGE: usize = 65536;
/// How much of a mark is that of the one before.
const BEFORE: u32 = 0x7fff;
/// The bit that is not drawn.
const FLAG: u32 = 1 << 31;
/// How often file and log are read anew, while others write them.
const MOST_READS: usize = 50;

/// Files that were read here and stay open: to close one would give back every lock that this process
/// has on it, also those of SQLite (fcntl(2)).
static OPEN: Mutex<Vec<(u64, u64, File)>> = Mutex::new(Vec::new());

/// The mark that follows this one. Its highest bit stays as it is, or is set.
pub(super) fn next(mark: i32, flag: bool) -> i32 {
    let before = mark.cast_unsigned();
    let [one, two, ..] = *Uuid::new_v4().as_bytes();
    let drawn = u32::from(u16::from_be_bytes([one, two]));
    let flag = if flag { FLAG } else { before & FLAG };
    (flag | (before & BEFORE) << 16 | drawn).cast_signed()
}

/// Whether the log beside this file is not its own.
///
/// # Errors
/// Those of the disk.
pub(super) fn is_foreign(file: &Path) -> io::Result<bool> {
    let mut last = None;
    for _ in 0..MOST_READS {
        let Some(found) = compare(file)? else { return Ok(false) };
        // Another process may have moved the log into the file and begun a new one meanwhile.
        if last.as_ref() == Some(&found) {
            return Ok(true);
        }
        last = Some(found);
    }
    Ok(false)
}

/// Whether something else than a database is in this file.
///
/// # Errors
/// Those of the disk.
pub(super) fn is_no_database(file: &Path) -> io::Result<bool> {
    head_of(file)?.map_or(Ok(false), |head| is_something_else(file, &head))
}

/// Whether a file with this head never was a database: a power cut may spoil any sector of one, but it
/// leaves whole sectors.
fn is_something_else(file: &Path, head: &[u8]) -> io::Result<bool> {
    Ok(!head.starts_with(MAGIC) && file.metadata()?.len() % SECTOR != 0)
}

/// Whether everything in the log has been moved into the file.
///
/// # Errors
/// Those of the disk.
pub(super) fn is_moved(file: &Path) -> io::Result<bool> {
    let Some((log, _)) = Log::open(file)? else { return Ok(true) };
    let Some(head) = head_of(file)? else { return Ok(true) };
    let mut last = None;
    let mut pages = log.pages();
    while let Some(number) = pages.next_page()? {
        if number == 1 {
            last = Some(pages.head().to_vec());
        }
    }
    Ok(last.is_none_or(|last| last == head))
}

/// The heads of a file and of a log that is not its own; none where it is, or where nothing tells.
fn compare(file: &Path) -> io::Result<Option<(Vec<u8>, [u8; LOG_HEAD])>> {
    let Some((log, log_head)) = Log::open(file)? else { return Ok(None) };
    let Some(head) = head_of(file)? else { return Ok(None) };
    // A head that was written when the power went is in the log.
    let is_database = head.len() == HEAD && head.starts_with(MAGIC);
    if !head.is_empty() && !is_database && !is_something_else(file, &head)? {
        return Ok(None);
    }
    let has_no_base = !is_database;
    let mut pages = log.pages();
    let (mut is_first, mut has_pages) = (true, false);
    while let Some(number) = pages.next_page()? {
        has_pages = true;
        if has_no_base || number != 1 {
            continue;
        }
        if pages.head() == head || (is_first && goes_on(pages.head(), &head)) {
            return Ok(None);
        }
        is_first = false;
    }
    // SQLite throws away the log of a file that has nothing in it, and moves the log over whatever
    // else is in the file.
    let is_foreign = if has_no_base { has_pages } else { !is_first };
    Ok(is_foreign.then_some((head, log_head)))
}

/// Whether the first page with this head is that of the transaction after this file.
fn goes_on(page: &[u8], file: &[u8]) -> bool {
    let marks = [page, file].map(|head| word(head, APPLICATION_ID));
    let counted = word(page, COUNTER).wrapping_sub(word(file, COUNTER));
    // Another program leaves the mark as it is.
    let is_next = marks[0] == marks[1] || (marks[0] >> 16) & BEFORE == marks[1] & BEFORE;
    page[FORMAT] == file[FORMAT] && counted <= 1 && is_next
}

/// The head of a file, as far as it is there; none where there is no file.
fn head_of(file: &Path) -> io::Result<Option<Vec<u8>>> {
    let there = match file.metadata() {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        there => there?,
    };
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let known =
        |(device, inode, _): &(u64, u64, File)| (*device, *inode) == (there.dev(), there.ino());
    let at = match open.iter().position(known) {
        Some(at) => at,
        None => {
            let opened = open_plain(file)?;
            let found = opened.metadata()?;
            // Nobody finds the locks of a file that has no name.
            open.retain(|(.., file)| file.metadata().is_ok_and(|file| file.nlink() > 0));
            open.push((found.dev(), found.ino(), opened));
            open.len() - 1
        }
    };
    let mut head = vec![0; HEAD];
    let mut read = 0;
    while read < HEAD {
        match open[at].2.read_at(&mut head[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    head.truncate(read);
    Ok(Some(head))
}

/// A log whose head is whole.
struct Log {
    file: File,
    page_size: usize,
    salts: [u8; 8],
    sums: LogSums,
}

impl Log {
    /// The log beside this file, and its head.
    fn open(file: &Path) -> io::Result<Option<(Self, [u8; LOG_HEAD])>> {
        let Some(file) = open_if_there(&beside(file))? else { return Ok(None) };
        let mut head = [0; LOG_HEAD];
        if !read_whole(&file, &mut head, 0)? {
            return Ok(None);
        }
        let page_size = match word(&head, 8) {
            1 => LARGEST_PAGE,
            size => usize::try_from(size).unwrap_or(usize::MAX),
        };
        let mut sums = LogSums { is_big_endian: word(&head, 0) & 1 == 1, sums: (0, 0) };
        sums.add(&head[..24]);
        if !(512..=LARGEST_PAGE).contains(&page_size) || !sums.are(&head[24..]) {
            return Ok(None);
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&head[16..24]);
        Ok(Some((Self { file, page_size, salts, sums }, head)))
    }

    fn pages(self) -> Pages {
        let page = vec![0; PAGE_HEAD + self.page_size];
        Pages { log: self, at: LOG_HEAD as u64, page }
    }
}

/// The pages of a log, as far as it is whole: a write that was cut off proves nothing.
struct Pages {
    log: Log,
    at: u64,
    page: Vec<u8>,
}

impl Pages {
    /// Goes on to the next page and gives its number in the file; none at the end.
    fn next_page(&mut self) -> io::Result<Option<u32>> {
        let Self { log, at, page } = self;
        if !read_whole(&log.file, page, *at)? {
            return Ok(None);
        }
        log.sums.add(&page[..8]);
        log.sums.add(&page[PAGE_HEAD..]);
        if page[8..16] != log.salts || !log.sums.are(&page[16..24]) {
            return Ok(None);
        }
        *at += page.len() as u64;
        Ok(Some(word(page, 0)))
    }

    /// The first bytes of this page.
    fn head(&self) -> &[u8] {
        &self.page[PAGE_HEAD..PAGE_HEAD + HEAD]
    }
}

/// Whether the file has as many bytes there.
fn read_whole(file: &File, bytes: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(bytes, at) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The sums that a log carries, over all that is in it so far.
struct LogSums {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl LogSums {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let [one, two] = [word(pair, 0), word(pair, 4)]
                .map(|word| if self.is_big_endian { word } else { word.swap_bytes() });
            self.sums.0 = self.sums.0.wrapping_add(one).wrapping_add(self.sums.1);
            self.sums.1 = self.sums.1.wrapping_add(two).wrapping_add(self.sums.0);
        }
    }

    fn are(&self, bytes: &[u8]) -> bool {
        self.sums == (word(bytes, 0), word(bytes, 4))
    }
}
