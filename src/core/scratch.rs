//! Folders of tests, in memory where the system has such a place: most tests that write a database
//! would only wait for a disk that proves nothing there. A test that is about the disk itself asks
//! `tempfile` for a folder.

use std::io;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

/// Where Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";
/// As much has to be free there, in bytes: in a container it may be small.
const ROOM: u64 = 256 << 20;

static HAS_ROOM: LazyLock<bool> = LazyLock::new(|| {
    let room = rustix::fs::statvfs(IN_MEMORY).map(|place| place.f_bavail * place.f_frsize);
    let is_writable = || rustix::fs::access(IN_MEMORY, rustix::fs::Access::WRITE_OK).is_ok();
    room.is_ok_and(|room| room >= ROOM) && is_writable()
});

/// A folder of its own for one test, which goes with the value.
pub(crate) fn tempdir() -> io::Result<TempDir> {
    if *HAS_ROOM { tempfile::tempdir_in(Path::new(IN_MEMORY)) } else { tempfile::tempdir() }
}

#[test]
fn a_folder_goes_with_its_value() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), "b").expect("written");
    let path = folder.path().to_owned();
    assert!(path.is_dir() && tempdir().expect("another").path() != path);
    drop(folder);
    assert!(!path.exists());
}
