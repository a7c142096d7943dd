//! `dragon key NAME`: a new API key, and the block that admits it.

use std::fs::File;
use std::io::{Read, Write as _};

use clap::Args;
use dragon_models::hexadecimal;
use sha2::{Digest, Sha256};

use crate::config::check_id;
use crate::exit::Exit;
use crate::report;

/// Random bytes of a key: nobody guesses these.
const N_KEY_BYTES: usize = 32;

/// Where the operating system gives random bytes.
const RANDOM: &str = "/dev/urandom";

/// Arguments of `key`.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// What the client is called in the log and the metrics
    name: String,
}

/// Prints a key, which is shown this once, and its `[[client]]` block.
pub(crate) fn run(args: &KeyArgs) -> Exit {
    let name = match check_id(&args.name) {
        Ok(name) => name,
        Err(wrong) => {
            return report::failure(
                Exit::Usage,
                &format!("the name {wrong}; give 1 to 128 of A-Z a-z 0-9 . _ : / -"),
            );
        }
    };
    let mut bytes = [0; N_KEY_BYTES];
    if let Err(error) = File::open(RANDOM).and_then(|mut random| random.read_exact(&mut bytes)) {
        return report::failure(Exit::Internal, &format!("{RANDOM} gives no random bytes: {error}"));
    }
    let key = format!("dragon-{}", hexadecimal(&bytes));
    match writeln!(std::io::stdout(), "{}", block(&name, &key)) {
        Ok(()) => Exit::Drained,
        Err(error) => report::failure(Exit::Internal, &format!("the key cannot be printed: {error}")),
    }
}

/// The file holds the digest only, so that whoever reads it cannot ask in the client's name.
fn block(name: &str, key: &str) -> String {
    let digest = hexadecimal(&Sha256::digest(key));
    format!(
        "# The key of {name}; it is shown only now, and stored nowhere:\n\
         # {key}\n\
         [[client]]\n\
         name = \"{name}\"\n\
         key_sha256 = \"{digest}\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_holds_the_digest_of_the_key() {
        let block = block("ci", "abc");
        assert!(block.contains("# abc\n") && block.contains("name = \"ci\""), "{block}");
        // The digest of "abc" as the standard (FIPS 180-4) gives it.
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(block.contains(digest), "{block}");
    }
}
