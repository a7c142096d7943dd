//! Tensor infos: name, dimensions, element type, place in the file.

use std::io::{Read, Seek};

use super::{MAPPED_ALIGNMENT, MAX_DIMENSIONS, MAX_TENSOR_NAME_BYTES, error::Problem, source::Source};

/// One tensor, as the header announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// Its name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// One to four dimensions, innermost first.
    pub dimensions: Vec<u64>,
    /// How its elements are stored.
    pub element: ElementType,
    /// Where it starts, in bytes from the start of the tensor data.
    pub offset: u64,
    /// How many bytes it takes.
    pub n_bytes: u64,
}

/// How ggml stores elements: in blocks of `block_elements`, each of `block_bytes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementType {
    /// The number in the file.
    pub id: u32,
    /// ggml's name.
    pub name: &'static str,
    /// Elements of a block.
    pub block_elements: u64,
    /// Bytes of a block.
    pub block_bytes: u64,
}

/// Every type of ggml that files may hold: number, name, elements and bytes of a block. Numbers that are
/// missing were withdrawn by ggml.
const ELEMENT_TYPES: &[(u32, &str, u64, u64)] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 36),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
    (40, "NVFP4", 64, 36),
    (41, "Q1_0", 128, 18),
    (42, "Q2_0", 64, 18),
];

// === impl ElementType ===

impl ElementType {
    fn from_id(id: u32) -> Result<Self, Problem> {
        let known = ELEMENT_TYPES.iter().find(|&&(known, ..)| known == id);
        known
            .map(|&(id, name, block_elements, block_bytes)| Self { id, name, block_elements, block_bytes })
            .ok_or(Problem::UnknownElementType(id))
    }

    /// Bytes of a tensor of these dimensions.
    fn n_bytes(self, dimensions: &[u64]) -> Result<u64, Problem> {
        const OVERFLOW: Problem = Problem::Overflow { what: "the size of the tensor" };
        let row = dimensions.first().copied().unwrap_or(0);
        if !row.is_multiple_of(self.block_elements) {
            return Err(Problem::PartialBlock { row, block: self.block_elements });
        }
        let n_elements =
            dimensions.iter().try_fold(1_u64, |product, &dimension| product.checked_mul(dimension));
        // ggml counts elements in a signed number.
        let n_elements = n_elements.filter(|&n| i64::try_from(n).is_ok()).ok_or(OVERFLOW)?;
        (n_elements / self.block_elements).checked_mul(self.block_bytes).ok_or(OVERFLOW)
    }
}

// === impl Tensor ===

impl Tensor {
    /// Reads a tensor's name.
    pub(super) fn read_name<R: Read + Seek>(source: &mut Source<R>) -> Result<String, Problem> {
        let bytes = source.bytes("the length of a tensor's name", MAX_TENSOR_NAME_BYTES)?;
        let name = String::from_utf8(bytes).ok().filter(|name| !name.is_empty());
        name.ok_or(Problem::BadName("name of a tensor"))
    }

    /// Reads what follows the name.
    pub(super) fn read_rest<R: Read + Seek>(name: String, source: &mut Source<R>) -> Result<Self, Problem> {
        let n_dimensions = source.u32()?;
        if !(1..=MAX_DIMENSIONS).contains(&n_dimensions) {
            return Err(Problem::BadDimensionCount(n_dimensions));
        }
        let dimensions = (0..n_dimensions).map(|_| source.u64()).collect::<Result<Vec<u64>, _>>()?;
        if dimensions.contains(&0) {
            return Err(Problem::ZeroDimension);
        }
        let element = ElementType::from_id(source.u32()?)?;
        let offset = source.u64()?;
        let n_bytes = element.n_bytes(&dimensions)?;
        Ok(Self { name, dimensions, element, offset, n_bytes })
    }

    /// Checks that the tensor lies in the file, right after the one before it, once it is known where tensor
    /// data starts. Returns its end, in bytes from there.
    pub(super) fn check_place(
        &self,
        data_start: u64,
        alignment: u64,
        expected: u64,
        file_len: u64,
    ) -> Result<u64, Problem> {
        if !self.offset.is_multiple_of(alignment) {
            return Err(Problem::Misaligned { offset: self.offset, alignment });
        }
        if self.offset != expected {
            return Err(Problem::Misplaced { offset: self.offset, expected });
        }
        let end = data_start.checked_add(self.offset).and_then(|start| start.checked_add(self.n_bytes));
        match end.ok_or(Problem::Overflow { what: "the end of the tensor" })? {
            end if end > file_len => Err(Problem::BeyondFile { end, file_len }),
            _ if !(data_start + self.offset).is_multiple_of(MAPPED_ALIGNMENT) => {
                Err(Problem::NotMappable { start: data_start + self.offset })
            }
            end => Ok(end - data_start),
        }
    }
}
