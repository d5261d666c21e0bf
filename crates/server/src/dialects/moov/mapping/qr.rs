//! The address of a payment link as a picture to scan.
//!
//! Promise: black on white with the quiet margin that the standard asks for, one bit a pixel. Deliberately absent: colours and logos.

use qrcode::{Color, EcLevel, QrCode};

/// Pixels along one module: large enough for a phone on a screen of any density.
const SCALE: usize = 8;
/// Modules of white around the code, as the standard asks for.
const QUIET: usize = 4;

/// Why there is no picture. An address of this server always fits into a code, so either is ours.
#[derive(Debug)]
pub enum Unpictured {
    /// The text is longer than the largest code.
    TooLong(qrcode::types::QrError),
    /// The picture could not be written down.
    Encoding(png::EncodingError),
}

impl std::fmt::Display for Unpictured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unpictured::TooLong(error) => write!(f, "a text does not fit into a code: {error}"),
            Unpictured::Encoding(error) => write!(f, "a picture cannot be written: {error}"),
        }
    }
}

/// The text as a code, as a PNG.
pub fn picture(text: &str) -> Result<Vec<u8>, Unpictured> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Unpictured::TooLong)?;
    let modules = code.width();
    let colors = code.into_colors();
    let side = (modules + 2 * QUIET) * SCALE;
    let is_dark = |row: usize, column: usize| {
        let (Some(row), Some(column)) = ((row / SCALE).checked_sub(QUIET), (column / SCALE).checked_sub(QUIET)) else {
            return false;
        };
        column < modules && colors.get(row * modules + column) == Some(&Color::Dark)
    };
    let mut pixels = Vec::with_capacity(side * side / 8);
    for row in 0..side {
        // SCALE is a whole byte, so no byte holds pixels of two modules, and white is a bit that is set.
        pixels.extend(
            (0..side)
                .step_by(8)
                .map(|column| if is_dark(row, column) { 0x00 } else { 0xFF }),
        );
    }
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut written = Vec::new();
    let mut encoder = png::Encoder::new(&mut written, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(Unpictured::Encoding)?;
    writer.write_image_data(&pixels).map_err(Unpictured::Encoding)?;
    writer.finish().map_err(Unpictured::Encoding)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_margin_and_the_three_marks() {
        let written = picture("http://127.0.0.1:8780/accounts/a/payment-links/b").unwrap();
        let decoder = png::Decoder::new(std::io::Cursor::new(written));
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(
            (info.color_type, info.bit_depth),
            (png::ColorType::Grayscale, png::BitDepth::One)
        );
        let side = info.width as usize / SCALE;
        let is_dark = |row: usize, column: usize| pixels[row * SCALE * info.line_size + column] == 0;
        let (first, last) = (QUIET, side - QUIET - 1);
        assert!((0..side).all(|at| !is_dark(QUIET - 1, at) && !is_dark(at, QUIET - 1)));
        // The corners of the marks are dark, the fourth corner has none; from dark to dark there is a ring of white.
        for (row, column) in [(first, first), (first, last), (last, first)] {
            assert!(is_dark(row, column), "{row} {column}");
        }
        assert!(is_dark(first, first + 6) && !is_dark(first + 1, first + 1) && is_dark(first + 3, first + 3));
        assert!(!is_dark(first, first + 7));
    }

    #[test]
    fn what_is_too_long_is_said() {
        assert!(matches!(picture(&"x".repeat(8_000)), Err(Unpictured::TooLong(_))));
    }
}
