//! The kind of disk a file is on: some forget writes, or lock and sync only for their own machine,
//! and a journal there protects less than expected. Also opens a database read-only, without
//! touching it.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;

const NFS: i128 = 0x6969;
const SMB: [i128; 3] = [0x517b, 0xff53_4d42, 0xfe53_4d42];
const PLAN9: i128 = 0x0102_1997;
const FUSE: i128 = 0x6573_5546;
/// AFS (by two programs), Ceph, Coda, GFS2, Lustre, OCFS2, and folders of the host of a virtual machine.
const SHARED: [i128; 8] = [
    0x5346_414f,
    0x6b41_4653,
    0x00c3_6400,
    0x7375_7245,
    0x0116_1970,
    0x0bd0_0bd0,
    0x7461_636f,
    0x786f_4256,
];

/// The warning about the disk that this file or its folder is on; nothing of one that keeps
/// what it was given, nor where the system does not tell.
pub fn doubt(file: &Path) -> Option<&'static str> {
    let there = file.ancestors().find(|part| part.exists())?;
    kind_of(there).and_then(of_kind)
}

/// Whether another machine or program stands behind the disk that this file is on: memory that is
/// mapped there is not shared with all who have the file open.
pub fn is_remote(file: &Path) -> bool {
    let kind = file.ancestors().find(|part| part.exists()).and_then(kind_of);
    kind.is_some_and(is_remote_kind)
}

fn is_remote_kind(kind: i128) -> bool {
    [NFS, PLAN9, FUSE].contains(&kind) || SMB.contains(&kind) || SHARED.contains(&kind)
}

#[cfg(target_os = "linux")]
fn kind_of(there: &Path) -> Option<i128> {
    // Some of the numbers come with a sign on some machines.
    rustix::fs::statfs(there).ok().map(|found| i128::from(found.f_type) & 0xffff_ffff)
}

#[cfg(not(target_os = "linux"))]
fn kind_of(_: &Path) -> Option<i128> {
    None
}

/// By the number of the file system, as statfs(2) lists them.
fn of_kind(kind: i128) -> Option<&'static str> {
    Some(match kind {
        0x0102_1994 => "tmpfs, which is gone when the machine restarts",
        0x8584_58f6 => "ramfs, which is gone when the machine restarts",
        0x794c_7630 => "overlay, which is gone with its container",
        NFS => "NFS, where locks and syncs depend on another machine",
        PLAN9 => "9p, where locks and syncs depend on another machine",
        FUSE => "FUSE, where locks and syncs depend on another program",
        _ if SMB.contains(&kind) => "SMB, where locks and syncs depend on another machine",
        _ if SHARED.contains(&kind) => "shared, where locks and syncs depend on another machine",
        _ => return None,
    })
}

/// Opens a database of ours for a short read: nothing is locked, waited for or written, not even
/// beside it. What another process writes meanwhile may make it unreadable.
pub fn glance(file: &Path) -> Option<Connection> {
    // Opening anything else could wait for somebody.
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut url = url::Url::from_file_path(file).ok()?;
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(url.as_str(), flags).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_44_disks_that_forget_are_known_by_their_number() {
        for (kind, name) in [
            (0x0102_1994, "tmpfs"),
            (0x794c_7630, "overlay"),
            (0x6969, "NFS"),
            (0x0102_1997, "9p"),
            (0xff53_4d42, "SMB"),
            (0x00c3_6400, "shared"),
        ] {
            assert!(of_kind(kind).expect(name).starts_with(name), "{name}");
            assert_eq!(is_remote_kind(kind), !["tmpfs", "overlay"].contains(&name), "{name}");
        }
        // ext2 to ext4, xfs, btrfs, zfs.
        for kind in [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1] {
            assert_eq!(of_kind(kind), None);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn fault_44_a_file_that_is_not_there_yet_is_on_the_disk_of_its_folder() {
        let shared_memory = Path::new("/dev/shm/not-there/journal.db");
        assert!(doubt(shared_memory).is_some_and(|warning| warning.starts_with("tmpfs")));
        assert_eq!(doubt(Path::new("/proc/not-there/journal.db")), None);
    }
}
