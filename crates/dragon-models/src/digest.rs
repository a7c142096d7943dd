//! Digests of whole files.

use std::{fmt::Write as _, fs::File, io, io::Read as _, path::Path};

use sha2::{Digest as _, Sha256};

/// Bytes read at a time: large enough for full disk speed, small enough not to be noticed in memory.
const PORTION_BYTES: usize = 256 * 1024;

/// The SHA-256 of a file in lower-case hexadecimal, the way `sha256sum` prints it.
///
/// # Errors
/// Where the file cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut portion = vec![0; PORTION_BYTES];
    loop {
        match file.read(&mut portion) {
            Ok(0) => break,
            Ok(n_read) => hasher.update(&portion[..n_read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hexadecimal(&hasher.finalize()))
}

/// Bytes in lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        // Writing into a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("abc");
        fs::write(&path, "abc").unwrap();
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of_file(&path).unwrap(), of_abc);
    }

    #[test]
    fn files_longer_than_a_portion_are_read_to_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "a".repeat(1_000_000)).unwrap();
        let of_a_million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        assert_eq!(sha256_of_file(&path).unwrap(), of_a_million);
    }
}
