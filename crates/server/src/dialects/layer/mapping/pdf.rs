//! An invoice as a document to print, in the PDF format.
//!
//! Set in fonts that every reader has, so none is shipped: letters outside Western European writing come out as question marks.
//! Deliberately absent: anything that a client could draw; its texts are only ever letters.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use quittance_books::view::InvoiceView;

use super::output;
use super::preview::amount;

/// A4, in points.
const PAPER: Rect = Rect {
    x1: 0.0,
    y1: 0.0,
    x2: 595.0,
    y2: 842.0,
};
/// Where text begins, from the left and from below.
const LEFT: f32 = 54.0;
const TOP: f32 = 780.0;
/// Where the rows below the title begin, and where the foot of a page stands.
const BODY: f32 = 756.0;
const FOOT: f32 = 36.0;
/// The size of letters, and how far rows lie apart.
const SIZE: f32 = 9.0;
const LEADING: f32 = 12.0;
/// Letters in a row of text, all as wide as each other, and rows on a page.
const COLUMNS: usize = 90;
const ROWS: usize = 56;
/// Letters of the item, the quantity, the price and the amount of a line.
const ITEM: usize = 44;
const FIGURES: [usize; 3] = [12, 15, 16];

const TEXT_FONT: Name<'static> = Name(b"F1");
const TITLE_FONT: Name<'static> = Name(b"F2");

/// A letter as Western European fonts have it.
fn letter(letter: char) -> u8 {
    match letter {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        '\u{20ac}' => 0x80,
        '\u{2026}' => 0x85,
        '\u{2018}' => 0x91,
        '\u{2019}' => 0x92,
        '\u{201c}' => 0x93,
        '\u{201d}' => 0x94,
        '\u{2022}' => 0x95,
        '\u{2013}' => 0x96,
        '\u{2014}' => 0x97,
        other if other.is_whitespace() => b' ',
        _ => b'?',
    }
}

/// A text in rows of so many letters, broken between words where there are any.
fn rows(text: &str, most: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(most) {
            let piece: String = piece.iter().collect();
            let wide = |row: &String| row.chars().count() + 1 + piece.chars().count();
            match rows.last_mut() {
                Some(row) if wide(row) <= most => {
                    row.push(' ');
                    row.push_str(&piece);
                }
                Some(_) | None => rows.push(piece),
            }
        }
    }
    rows
}

/// A row of an item and its figures.
fn table_row(item: &str, figures: [&str; 3]) -> String {
    let mut row = format!("{item:<ITEM$}");
    for (figure, width) in figures.iter().zip(FIGURES) {
        row.push_str(&format!(" {figure:>width$}"));
    }
    row
}

/// The rows of the document below its title.
fn text(view: &InvoiceView) -> Vec<String> {
    let shown = output::invoice(view);
    let day = |at: &Option<String>| at.as_ref().and_then(|at| at.get(..10)).unwrap_or_default().to_owned();
    let money = |minor: i64| amount(view, minor);
    let mut all = rows(&view.book.settings.name, COLUMNS);
    all.push(String::new());
    if let Some(name) = &shown.recipient_name {
        all.extend(rows(&format!("To {name}"), COLUMNS));
    }
    let address = shown
        .customer
        .as_ref()
        .and_then(|customer| customer.address_string.clone());
    all.extend(address.map(|address| rows(&address, COLUMNS)).unwrap_or_default());
    let due = shown.due_at.is_some().then(|| format!(", due {}", day(&shown.due_at)));
    all.push(format!(
        "Sent {}{}, {}",
        day(&shown.sent_at),
        due.unwrap_or_default(),
        shown.status
    ));
    all.push(String::new());
    all.push(table_row(
        "Item",
        ["Quantity", "Price", &view.invoice.currency.to_string()],
    ));
    all.push("-".repeat(COLUMNS));
    for line in &shown.line_items {
        let words = [line.product.as_deref(), line.description.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let mut item = rows(&words.join(" "), ITEM).into_iter();
        let (price, total) = (money(line.unit_price), money(line.total_amount));
        all.push(table_row(
            &item.next().unwrap_or_default(),
            [&line.quantity, &price, &total],
        ));
        all.extend(item);
    }
    all.push("-".repeat(COLUMNS));
    for (name, minor) in [
        ("Discount", -shown.additional_discount),
        ("Taxes", shown.additional_sales_taxes_total),
        ("Tips", shown.tips),
    ] {
        if minor != 0 {
            all.push(table_row(name, ["", "", &money(minor)]));
        }
    }
    all.push(table_row("Total", ["", "", &money(shown.total_amount)]));
    all.push(table_row("Outstanding", ["", "", &money(shown.outstanding_balance)]));
    let instructions = shown
        .custom_payment_instructions
        .as_ref()
        .and_then(serde_json::Value::as_str);
    for words in [shown.memo.as_deref(), instructions].into_iter().flatten() {
        all.push(String::new());
        all.extend(rows(words, COLUMNS));
    }
    all
}

/// What is drawn on a page.
fn drawn(title: Option<&str>, rows: &[String], footer: &str) -> Vec<u8> {
    let encoded = |text: &str| text.chars().map(letter).collect::<Vec<u8>>();
    let mut content = Content::new();
    if let Some(title) = title {
        content.begin_text().set_font(TITLE_FONT, 16.0).next_line(LEFT, TOP);
        content.show(Str(&encoded(title))).end_text();
    }
    content.begin_text().set_font(TEXT_FONT, SIZE).set_leading(LEADING);
    content.next_line(LEFT, BODY);
    for row in rows {
        content.show(Str(&encoded(row))).next_line_using_leading();
    }
    content.end_text();
    content.begin_text().set_font(TEXT_FONT, SIZE).next_line(LEFT, FOOT);
    content.show(Str(&encoded(footer))).end_text();
    content.finish().to_vec()
}

/// The document.
pub fn document(view: &InvoiceView) -> Vec<u8> {
    let number = view.invoice.number.clone().unwrap_or_default();
    let title = format!("Invoice {number}");
    let text = text(view);
    let pages: Vec<&[String]> = text.chunks(ROWS).collect();
    let mut next = 0;
    let mut new_id = || {
        next += 1;
        Ref::new(next)
    };
    let (catalog, tree, text_font, title_font, info) = (new_id(), new_id(), new_id(), new_id(), new_id());
    let ids: Vec<(Ref, Ref)> = pages.iter().map(|_| (new_id(), new_id())).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(ids.iter().map(|(page, _)| *page)).count(count);
    for (font, name) in [(text_font, Name(b"Courier")), (title_font, Name(b"Helvetica-Bold"))] {
        pdf.type1_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    pdf.document_info(info).title(TextStr(&title));
    for (place, (rows, (page_id, content_id))) in pages.iter().zip(&ids).enumerate() {
        let mut page = pdf.page(*page_id);
        page.media_box(PAPER).parent(tree).contents(*content_id);
        let mut resources = page.resources();
        resources
            .fonts()
            .pair(TEXT_FONT, text_font)
            .pair(TITLE_FONT, title_font);
        resources.finish();
        page.finish();
        let footer = format!("Page {} of {}", place + 1, pages.len());
        let drawn = drawn((place == 0).then_some(title.as_str()), rows, &footer);
        pdf.stream(*content_id, &drawn);
    }
    pdf.finish()
}
