//! As much of an ELF file as tells where it runs: the machine, and the newest version of glibc
//! whose symbols it imports.

use std::fmt;

pub(super) const X86_64: u16 = 62;
pub(super) const AARCH64: u16 = 183;

/// Section with the versions that imported symbols need.
const SHT_GNU_VERNEED: u32 = 0x6fff_fffe;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GlibcVersion(pub(super) u32, pub(super) u32);

impl fmt::Display for GlibcVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[derive(Debug)]
pub(super) struct Elf {
    pub(super) machine: u16,
    /// `None` if it imports nothing from glibc.
    pub(super) glibc: Option<GlibcVersion>,
}

impl Elf {
    /// `None` unless it is a little-endian 64-bit ELF file. A damaged one imports nothing.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        const CLASS_64_LITTLE_ENDIAN: [u8; 2] = [2, 1];
        if !bytes.starts_with(b"\x7fELF") || bytes.get(4..6)? != CLASS_64_LITTLE_ENDIAN {
            return None;
        }
        let file = File(bytes);
        Some(Self {
            machine: file.u16(0, 18)?,
            glibc: file.newest_glibc(),
        })
    }
}

struct File<'a>(&'a [u8]);

struct Section {
    kind: u32,
    link: u32,
    offset: usize,
    size: usize,
}

impl<'a> File<'a> {
    /// The bytes of a field in a structure that begins at `start`.
    fn field<const N: usize>(&self, start: usize, field: usize) -> Option<[u8; N]> {
        let at = start.checked_add(field)?;
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn u16(&self, start: usize, field: usize) -> Option<u16> {
        self.field(start, field).map(u16::from_le_bytes)
    }

    fn u32(&self, start: usize, field: usize) -> Option<u32> {
        self.field(start, field).map(u32::from_le_bytes)
    }

    fn offset(&self, start: usize, field: usize) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.field(start, field)?)).ok()
    }

    fn section(&self, index: u32) -> Option<Section> {
        let (table, size) = (self.offset(0, 40)?, usize::from(self.u16(0, 58)?));
        let start = table.checked_add(size.checked_mul(usize::try_from(index).ok()?)?)?;
        Some(Section {
            kind: self.u32(start, 4)?,
            offset: self.offset(start, 24)?,
            size: self.offset(start, 32)?,
            link: self.u32(start, 40)?,
        })
    }

    fn newest_glibc(&self) -> Option<GlibcVersion> {
        let count = u32::from(self.u16(0, 60)?);
        let mut sections = (0..count).filter_map(|index| self.section(index));
        let needs = sections.find(|section| section.kind == SHT_GNU_VERNEED)?;
        let names = self.section(needs.link)?;
        self.version_names(&needs, &names)
            .iter()
            .filter_map(|name| glibc_version(name))
            .max()
    }

    /// The names of all versions that are needed of all libraries.
    fn version_names(&self, needs: &Section, names: &Section) -> Vec<&'a str> {
        let mut found = Vec::new();
        let mut need = needs.offset;
        // A damaged list could lead in a circle.
        let mut left = needs.size / 16;
        while left > 0 {
            let Some((count, first, next)) = self.need(need) else {
                break;
            };
            let mut aux = need.saturating_add(first);
            for _ in 0..count {
                let (Some(name), Some(step)) = (self.u32(aux, 8), self.u32(aux, 12)) else {
                    break;
                };
                found.extend(self.text(names.offset.saturating_add(name as usize)));
                left = left.saturating_sub(1);
                if step == 0 || left == 0 {
                    break;
                }
                aux = aux.saturating_add(step as usize);
            }
            left = left.saturating_sub(1);
            if next == 0 {
                break;
            }
            need = need.saturating_add(next);
        }
        found
    }

    /// Count of versions, where the first is, and where the next library is.
    fn need(&self, at: usize) -> Option<(u16, usize, usize)> {
        let (first, next) = (self.u32(at, 8)? as usize, self.u32(at, 12)? as usize);
        Some((self.u16(at, 2)?, first, next))
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        let rest = self.0.get(at..)?;
        let end = rest.iter().take(64).position(|byte| *byte == 0)?;
        std::str::from_utf8(&rest[..end]).ok()
    }
}

/// `GLIBC_2.34`; a third number does not matter.
fn glibc_version(name: &str) -> Option<GlibcVersion> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    Some(GlibcVersion(number()?, number()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(glibc_version("GLIBC_2.9") < glibc_version("GLIBC_2.17"));
        assert_eq!(glibc_version("GLIBC_2.2.5"), Some(GlibcVersion(2, 2)));
        assert_eq!(glibc_version("GLIBC_PRIVATE"), None);
    }

    /// The test itself is such a program.
    #[test]
    fn damage_anywhere_is_survived() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let whole = Elf::read(&own).unwrap();
        assert!(whole.glibc.is_some());
        for length in [0, 4, 6, 20, 63, 64, 1000, own.len() / 2] {
            Elf::read(&own[..length]);
        }
        let mut damaged = own[..64].to_vec();
        for at in 0..64 {
            damaged[at] ^= 0xff;
            Elf::read(&damaged);
            damaged[at] ^= 0xff;
        }
        // The table of sections lies beyond the end.
        let mut far = own;
        far[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(Elf::read(&far).unwrap().glibc, None);
    }
}
