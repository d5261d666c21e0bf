-- The first version of a book's tables. Every key starts with the book, so that the store can be sharded by it; directory is the
-- exception, a small reference table. Instants are texts with nine digits and dates are ISO texts, so that text order is time order.

-- A line with first is of a book that is on its way here, or, without an id, of the slots from first to book that were passed over.
create table directory (
    book integer not null primary key,
    id text unique,
    first integer
);

-- The truth: insert only.
create table event (
    book integer not null,
    seq integer not null,
    recorded_at text not null,
    actor text not null,
    source text not null,
    request_id text not null,
    kind text not null,
    subject_kind text not null,
    subject_number integer not null,
    body text not null,
    prev_hash text not null,
    hash text not null,
    primary key (book, seq)
);
-- The deletion register. One row per deletion in one of the two; every other event leaves it alone.
create index event_deletions on event (book, seq) where kind = 'invoice.deleted';
create index event_credit_deletions on event (book, seq) where kind = 'credit_note.deleted';

-- The end of the log and the numbers given out; the row that a unit of work on a book starts from.
create table head (
    book integer not null primary key,
    seq integer not null,
    hash text not null,
    recorded_at text not null,
    accounts integer not null,
    customers integer not null,
    products integer not null,
    invoices integer not null,
    payments integer not null,
    refunds integer not null,
    write_offs integer not null,
    entries integer not null,
    tokens integer not null,
    resources integer not null
);

-- The live records: rebuilt from the log at will, but for the texts in content.
create table book (
    book integer not null primary key,
    id text not null,
    name text not null,
    currency text not null,
    zone text not null,
    closed_through text,
    retention_days integer not null,
    rounded_per text not null,
    rounded_half text not null,
    created_at text not null
);
-- What one closing closed, with the digests of the reports about it.
create table period (
    book integer not null,
    closing integer not null,
    first text,
    through text not null,
    closed_at text not null,
    sealed_at text,
    known_seq integer,
    known_hash text,
    reports text,
    reopened integer,
    primary key (book, closing)
) without rowid;
create table account (
    book integer not null,
    key integer not null,
    code text not null,
    stable_name text not null,
    name text not null,
    kind text not null,
    role text not null,
    active integer not null,
    primary key (book, key)
) without rowid;
create table customer (
    book integer not null,
    key integer not null,
    id text not null,
    external_id text,
    created_at text not null,
    updated_at text not null,
    archived_at text,
    content text not null,
    primary key (book, key)
) without rowid;
create unique index customer_by_id on customer (book, id);
create unique index customer_by_external_id on customer (book, external_id) where external_id is not null;
create table product (
    book integer not null,
    key integer not null,
    id text not null,
    account integer not null,
    created_at text not null,
    content text not null,
    primary key (book, key)
) without rowid;
create unique index product_by_id on product (book, id);
-- Rows that are read one by one and are wide, and texts, lie in order of one number that SQLite finds without an index.
create table invoice (
    rowid integer primary key,
    book integer not null,
    key integer not null,
    id text not null,
    source text not null,
    customer integer,
    currency text not null,
    stage text not null,
    issued_at text,
    entry integer,
    voided_at text,
    void_entry integer,
    number text,
    external_id text,
    invoice_date text not null,
    due_at text,
    due_on text,
    sent_at text,
    paid_at text,
    created_at text not null,
    updated_at text not null,
    revision integer not null,
    subtotal integer not null,
    discount integer not null,
    document_discount integer not null,
    tax integer not null,
    document_tax integer not null,
    tip integer not null,
    total integer not null,
    paid integer not null,
    credited integer not null,
    refunded integer not null,
    written_off integer not null,
    pending integer not null,
    held_until text,
    handed_over_at text,
    content text not null,
    rate text,
    booked_total integer,
    booked_settled integer,
    standing text not null,
    open integer not null,
    unique (book, key)
);
create unique index invoice_by_id on invoice (book, id);
create unique index invoice_by_external_id on invoice (book, external_id) where external_id is not null;
-- With what says whether an invoice is of a standing or overdue, so that those that are not are passed over in the index.
create index invoice_by_date on invoice (book, invoice_date, key, standing, due_on, due_at, open);
create index invoice_by_standing on invoice (book, standing, key);
create index invoice_by_customer on invoice (book, customer, key);
-- Of each due day in order of creation, with all that a list of overdue ones asks: its pages are put together of the days.
create index invoice_open_by_due on invoice (book, due_on, key, due_at, pending, open) where open > 0;
-- Those of which money is on its way, in order of creation: few, and told from the others in no other index.
create index invoice_being_paid on invoice (book, key, standing, pending) where pending > 0;
-- Everything that the aging reads of an open invoice, in the order it is added up in: those in the book's currency, and the others.
create index invoice_open_by_customer on invoice (book, customer, due_on, open, key, rate) where open > 0 and rate is null;
create index invoice_open_abroad on invoice (book, currency, customer, due_on, open, booked_total, booked_settled, key, rate) where open > 0 and rate is not null;
create table line (
    book integer not null,
    invoice integer not null,
    place integer not null,
    account integer not null,
    product integer,
    quantity text not null,
    unit_price text not null,
    subtotal integer not null,
    discount integer not null,
    taxes text not null,
    primary key (book, invoice, place)
) without rowid;
create table entry (
    book integer not null,
    key integer not null,
    date text not null,
    kind text not null,
    document_kind text not null,
    document_number integer not null,
    invoice integer,
    postings integer not null,
    primary key (book, key)
) without rowid;
create index entry_by_date on entry (book, date, key);
-- Settlements only: the entries of an invoice's own issue and void stand on its row.
create index entry_that_settles on entry (book, invoice, document_kind, key) where invoice is not null and document_kind <> 'invoice';
create table posting (
    book integer not null,
    entry integer not null,
    place integer not null,
    account integer not null,
    date text not null,
    side text not null,
    amount integer not null,
    currency text,
    foreign_amount integer,
    primary key (book, entry, place)
) without rowid;
create table manual_entry (
    book integer not null,
    key integer not null,
    id text not null,
    external_id text,
    reverses integer,
    reversed_by integer,
    created_at text not null,
    content text not null,
    primary key (book, key)
) without rowid;
create unique index manual_entry_by_id on manual_entry (book, id);
create unique index manual_entry_by_external_id on manual_entry (book, external_id) where external_id is not null;
create table payment (
    book integer not null,
    key integer not null,
    id text not null,
    customer integer,
    currency text not null,
    paid_on text not null,
    posted_on text not null,
    paid_at text not null,
    amount integer not null,
    unallocated integer not null,
    refunded integer not null,
    method text not null,
    witness text not null,
    clearing integer not null,
    receipt_entry integer,
    allocations integer not null,
    external_id text,
    created_at text not null,
    updated_at text not null,
    voided_at text,
    voided_on text,
    void_entry integer,
    meant_for integer,
    content text not null,
    rate text,
    booked_amount integer,
    booked_unallocated integer,
    primary key (book, key)
) without rowid;
create index payment_by_customer on payment (book, customer, key);
create index payment_by_change on payment (book, updated_at, key);
create index payment_beyond on payment (book, customer, key) where witness = 'hand' and receipt_entry is not null;
create unique index payment_by_id on payment (book, id);
create unique index payment_by_external_id on payment (book, external_id) where external_id is not null;
create table allocation (
    book integer not null,
    payment integer not null,
    place integer not null,
    invoice integer not null,
    amount integer not null,
    from_unapplied integer not null,
    entry integer not null,
    received integer,
    settled integer,
    primary key (book, payment, place)
) without rowid;
create index allocation_by_invoice on allocation (book, invoice);
create table former_allocation (
    book integer not null,
    payment integer not null,
    place integer not null,
    invoice integer,
    amount integer not null,
    from_unapplied integer not null,
    entry integer not null,
    undone integer,
    received integer,
    settled integer,
    primary key (book, payment, place)
) without rowid;
create index former_allocation_by_invoice on former_allocation (book, invoice);
-- What a credit note comes to, and what it settles, stands on the payment of its number, whose witness is credit.
create table credit_note (
    book integer not null,
    key integer not null,
    id text not null,
    source text not null,
    number text not null,
    external_id text,
    invoice integer,
    tax integer not null,
    held_until text,
    handed_over_at text,
    content text not null,
    primary key (book, key)
) without rowid;
create unique index credit_note_by_id on credit_note (book, id);
create unique index credit_note_by_external_id on credit_note (book, external_id) where external_id is not null;
create index credit_note_by_invoice on credit_note (book, invoice) where invoice is not null;
create table credit_line (
    book integer not null,
    credit_note integer not null,
    place integer not null,
    line integer,
    account integer not null,
    product integer,
    amount integer not null,
    taxes text not null,
    primary key (book, credit_note, place)
) without rowid;
create table refund (
    book integer not null,
    key integer not null,
    id text not null,
    invoice integer,
    line integer,
    payment integer,
    customer integer,
    pays integer,
    amount integer not null,
    owed integer,
    refunded_on text not null,
    refunded_at text not null,
    clearing integer not null,
    entry integer not null,
    external_id text,
    created_at text not null,
    content text not null,
    currency text,
    rate text,
    booked integer,
    primary key (book, key)
) without rowid;
create unique index refund_by_id on refund (book, id);
create unique index refund_by_external_id on refund (book, external_id) where external_id is not null;
create index refund_by_invoice on refund (book, invoice);
create index refund_by_payment on refund (book, payment);
create index refund_by_customer on refund (book, customer) where customer is not null;
create index refund_by_pays on refund (book, pays) where pays is not null;
create table write_off (
    book integer not null,
    key integer not null,
    id text not null,
    invoice integer not null,
    amount integer not null,
    written_off_on text not null,
    written_off_at text not null,
    account integer not null,
    entry integer not null,
    external_id text,
    created_at text not null,
    content text not null,
    currency text,
    booked integer,
    primary key (book, key)
) without rowid;
create unique index write_off_by_id on write_off (book, id);
create unique index write_off_by_external_id on write_off (book, external_id) where external_id is not null;
create index write_off_by_invoice on write_off (book, invoice);
create table series (
    book integer not null,
    prefix text not null,
    next integer not null,
    primary key (book, prefix)
) without rowid;
create table number_use (
    book integer not null,
    number text not null,
    counted integer not null,
    document_kind text not null,
    document_number integer not null,
    state text not null,
    primary key (book, number)
) without rowid;
create table tombstone (
    book integer not null,
    kind text not null,
    number integer not null,
    id text not null,
    seq integer not null,
    deleted_at text not null,
    rules text not null,
    readable integer not null,
    fate text not null,
    removed text not null,
    primary key (book, kind, number)
);
create unique index tombstone_by_id on tombstone (book, kind, id);
-- Fates compare as texts: erased, kept, leaving, retained until a day. Those that are kept or gone are not in it.
create index tombstone_with_texts_to_go on tombstone (book, fate) where fate >= 'leaving';
create table idempotency (
    book integer not null,
    key text not null,
    seq integer not null,
    request text not null,
    subject_kind text not null,
    subject_number integer not null,
    recorded_at text not null,
    primary key (book, key)
) without rowid;
create index idempotency_by_subject on idempotency (book, subject_kind, subject_number);
create table token (
    book integer not null,
    key integer not null,
    digest text not null,
    name text not null,
    role text not null,
    scopes text not null,
    created_at text not null,
    expires_at text,
    revoked_at text,
    primary key (book, key)
) without rowid;
create unique index token_by_digest on token (book, digest);
-- What only one dialect knows: settings, templates, schedules, definitions of tags. What each says stands in content.
create table resource (
    book integer not null,
    key integer not null,
    id text not null,
    kind text not null,
    name text not null,
    belongs_to text,
    created_at text not null,
    updated_at text not null,
    content text not null,
    primary key (book, key)
) without rowid;
create unique index resource_by_id on resource (book, id);
create unique index resource_by_name on resource (book, name);
create index resource_by_kind on resource (book, kind, key);
create index resource_by_belonging on resource (book, belongs_to, kind, key) where belongs_to is not null;
create table access_grant (
    book integer not null,
    digest text not null,
    token integer not null,
    client integer not null,
    kind text not null,
    scopes text not null,
    granted_at text not null,
    expires_at text not null,
    primary key (book, digest)
) without rowid;
-- A rate holds until the next one that is kept for its currency.
create table exchange_rate (
    book integer not null,
    currency text not null,
    day text not null,
    rate text not null,
    primary key (book, currency, day)
) without rowid;
create table content (
    rowid integer primary key,
    book integer not null,
    kind text not null,
    number integer not null,
    salt text not null,
    body text not null,
    unique (book, kind, number)
);

-- What is kept beside the records because counting it anew would cost the whole book.
-- A balance without a currency is in the book's, of everything posted; one with a currency is of documents in it.
create table balance (
    book integer not null,
    account integer not null,
    currency text not null,
    grain text not null,
    start text not null,
    debits integer not null,
    credits integer not null,
    primary key (book, account, currency, grain, start)
) without rowid;
create table tally (
    book integer not null,
    kind text not null,
    key text not null,
    count integer not null,
    open integer not null,
    booked integer not null,
    primary key (book, kind, key)
) without rowid;
