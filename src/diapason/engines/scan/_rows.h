/* Rows of a batch together: numbers for texts, the order that brings groups together, stretches, steps of the clock. */
#define UNKNOWN INT64_MIN
#define BROKEN 4          /* changes of the group, over groups in a batch, from which on its rows are brought together first */
#define MOST_GROUPS 4194304 /* up to which those that are in a batch are counted */
#define FEW_GROUPS 65536 /* up to which rows are sorted in one pass */
#define MANY_TEXTS 65536 /* different texts of a batch up to which they are numbered here */

/* Arrow's C data interface; source: https://arrow.apache.org/docs/format/CDataInterface.html */
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

typedef struct { int32_t length; char prefix[4]; int32_t buffer, offset; } Text; /* a view; short texts lie in it */
typedef struct { uint64_t word[2], digest; const char *said; int64_t first; int32_t code; } Known;
typedef struct { Known *known; int64_t room, used; int32_t *place; } Texts; /* open addresses; place: one plus entry */

static const char *said(const struct ArrowArray *a, const Text *t) { /* where a text lies */
    return t->length <= 12 ? t->prefix : (const char *)a->buffers[2 + t->buffer] + t->offset;
}

static uint64_t digest_of(const char *at, int64_t n) {
    uint64_t h = (uint64_t)n * 0x9E3779B97F4A7C15ull, part;
    for (; n >= 8; n -= 8, at += 8) { memcpy(&part, at, 8); h = mixed(h ^ part); }
    part = 0;
    memcpy(&part, at, (size_t)n);
    return mixed(h ^ part);
}

static int grown(Texts *t) { /* room for twice as many */
    int64_t room = t->room ? 2 * t->room : 64;
    Known *known = realloc(t->known, (size_t)room / 2 * sizeof *known);
    if (known) t->known = known;
    int32_t *place = calloc((size_t)room, sizeof *place);
    if (!known || !place) { free(place); return 0; }
    for (int64_t i = 0; i < t->used; i++) {
        uint64_t at = known[i].digest & (uint64_t)(room - 1);
        while (place[at]) at = (at + 1) & (uint64_t)(room - 1);
        place[at] = (int32_t)i + 1;
    }
    free(t->place);
    t->place = place;
    t->room = room;
    return 1;
}

static int32_t numbered(Texts *t, const struct ArrowArray *a, const Text *text, int64_t row) { /* -1: too many, or no memory */
    uint64_t word[2];
    memcpy(word, text, 16);
    const char *at = said(a, text);
    int64_t n = text->length;
    uint64_t digest = n <= 12 ? mixed(word[0] ^ mixed(word[1])) : digest_of(at, n), i = digest & (uint64_t)(t->room - 1);
    for (; t->place[i]; i = (i + 1) & (uint64_t)(t->room - 1)) {
        Known *k = &t->known[t->place[i] - 1];
        if (k->word[0] == word[0] && (k->word[1] == word[1] || (n > 12 && !memcmp(k->said, at, (size_t)n)))) return k->code;
    }
    if (t->used >= MANY_TEXTS) return -1;
    t->known[t->used] = (Known){{word[0], word[1]}, digest, at, row, (int32_t)t->used};
    t->place[i] = (int32_t)++t->used;
    if (2 * t->used >= t->room && !grown(t)) return -1;
    return (int32_t)t->used - 1;
}

#define RECENT 512 /* texts that are known again by their views alone */
typedef struct { uint64_t word[2]; int64_t code; } Recent;

static inline Recent *recent_of(Recent *r, const uint64_t *word) {
    return &r[((word[0] ^ (word[1] << 7 | word[1] >> 57)) * 0x9E3779B97F4A7C15ull) >> 55];
}

/* A number for each row, in the order of first meeting; those without a text have one of their own. How many, or -1. */
static int64_t texts(const struct ArrowArray *a, Texts *t, int32_t *code) {
    static const Text empty = {0, {0}, -1, -1}; /* no text is of no length and lies anywhere */
    const uint8_t *valid = a->null_count ? a->buffers[0] : NULL;
    const Text *text = (const Text *)a->buffers[1] + a->offset;
    uint64_t last[2] = {0, 0};
    Recent recent[RECENT] = {{{0, 0}, 0}};
    for (int64_t i = 0; i < RECENT; i++) recent[i].code = -1;
    for (int64_t i = 0; i < a->length; i++) {
        int64_t bit = a->offset + i;
        const Text *now = valid && !(valid[bit >> 3] >> (bit & 7) & 1) ? &empty : text + i;
        uint64_t word[2];
        memcpy(word, now, 16);
        if (i && word[0] == last[0] && word[1] == last[1]) { code[i] = code[i - 1]; continue; }
        last[0] = word[0]; last[1] = word[1];
        Recent *r = recent_of(recent, word);
        if (r->code < 0 || r->word[0] != word[0] || r->word[1] != word[1]) {
            int32_t number = numbered(t, a, now, i);
            if (number < 0) return -1;
            *r = (Recent){{word[0], word[1]}, number};
        }
        code[i] = (int32_t)r->code;
    }
    return t->used;
}

typedef struct { const int32_t *asset, *tag, *regime; const int64_t *time; int64_t n, assets, tags, first; } Table;
typedef struct { int64_t begin, end, track, window, slot, tag; } Piece;
typedef struct { int64_t level, base; int calendar; } Cut;

static inline int64_t group_of(const Table *t, int64_t i) {
    return (t->tag ? (int64_t)t->tag[i] * t->assets : 0) + (t->asset ? t->asset[i] : 0);
}

/* Whether groups change too often from row to row, measured by how many there are: -1 without memory. */
static int broken(const Table *t, int64_t all) {
    if (all > MOST_GROUPS) return 1;
    uint8_t *met = calloc((size_t)all, 1);
    if (!met) return -1;
    int64_t found = 0, before = -1, groups = 0;
    for (int64_t i = 0; i < t->n && found <= BROKEN * all; i++) {
        int64_t g = group_of(t, i);
        if (g == before) continue;
        found++;
        groups += !met[g];
        met[g] = 1;
        before = g;
    }
    free(met);
    return found > BROKEN * groups;
}

/* Stable; gives where each code ends in the order, to be freed, or NULL without memory. */
static int64_t *sorted(const int32_t *code, int64_t n, int64_t codes, const int32_t *given, int32_t *order) {
    int64_t *place = calloc((size_t)codes + 1, sizeof *place);
    if (!place) return NULL;
    for (int64_t i = 0; i < n; i++) place[code[i] + 1]++;
    for (int64_t g = 0; g < codes; g++) place[g + 1] += place[g];
    for (int64_t i = 0; i < n; i++) { int32_t p = given ? given[i] : (int32_t)i; order[place[code[p]]++] = p; }
    return place;
}

/* The order that brings groups together, in `order`, if they change too often; 0: they do not, -1: no memory.
 * Where each group ends, to be freed, if that is known: all rows in between are of one asset and tag. */
static int together(const Table *t, int32_t *order, int64_t **ends) {
    int64_t all = (t->tag ? t->tags : 1) * (t->asset ? t->assets : 1);
    if (!t->tag && !t->asset) return 0;
    int way = broken(t, all);
    if (way <= 0) return way;
    if (!t->tag || !t->asset) return (*ends = sorted(t->tag ? t->tag : t->asset, t->n, all, NULL, order)) ? 1 : -1;
    int32_t *other = malloc((size_t)t->n * sizeof *other); /* groups, or rows by their asset */
    int done = other != NULL;
    if (done && all <= FEW_GROUPS) {
        for (int64_t i = 0; i < t->n; i++) other[i] = t->tag[i] * (int32_t)t->assets + t->asset[i];
        done = (*ends = sorted(other, t->n, all, NULL, order)) != NULL;
    } else if (done) {
        int64_t *one = sorted(t->asset, t->n, t->assets, NULL, other), *two = one ? sorted(t->tag, t->n, t->tags, other, order) : NULL;
        done = two != NULL;
        free(one); free(two);
    }
    free(other);
    return done ? 1 : -1;
}

#define DAY 86400000000ll
#define HOUR 3600000000ll

static inline int64_t modulo(int64_t a, int64_t b) { int64_t r = a % b; return r < 0 ? r + b : r; }

/* Window and slot of a time, and the times between which they are the same. */
static void placed(const Table *t, const Cut *cut, int64_t time, int64_t regime, Piece *p, int64_t *from, int64_t *to) {
    if (t->time && time == UNKNOWN) { p->window = p->slot = -1; *from = UNKNOWN; *to = UNKNOWN; return; }
    int64_t window = time >> cut->level;
    p->window = window - cut->base;
    *from = (int64_t)((uint64_t)window << cut->level);
    *to = (int64_t)((uint64_t)*from + ((1ull << cut->level) - 1)); /* the last one */
    p->slot = regime >= 0 ? regime * 24 : cut->calendar ? 0 : -1;
    if (!cut->calendar) return;
    int64_t begin = time - modulo(time, HOUR), end = begin + (HOUR - 1);
    p->slot += modulo(begin, DAY) / HOUR;
    *from = begin > *from ? begin : *from;
    *to = end < *to ? end : *to;
}

/* Stretches of one group, window and slot, in the order given; returns how many, or -1 without memory. */
static int64_t pieces(const Table *t, const Cut *cut, const int32_t *order, const int64_t *ends, Piece **out) {
    int64_t room = 0, used = 0, from = 0, to = -1, end = 0;
    int32_t asset = -1, tag = -1, regime = -1;
    *out = NULL;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t p = order ? order[i] : i, time = t->time ? t->time[p] : t->first + p;
        int32_t a = asset, g = tag, r = t->regime ? t->regime[p] : -1;
        if (!ends || i >= end) {
            a = t->asset ? t->asset[p] : 0; g = t->tag ? t->tag[p] : 0;
            end = ends ? ends[group_of(t, p)] : 0;
        }
        if (time >= from && time <= to && a == asset && g == tag && r == regime) continue;
        if (used == room) {
            room = room ? 2 * room : 256;
            Piece *more = realloc(*out, (size_t)room * sizeof *more);
            if (!more) return -1;
            *out = more;
        }
        if (used) (*out)[used - 1].end = i;
        Piece *piece = &(*out)[used++];
        *piece = (Piece){i, t->n, a, -1, -1, g};
        placed(t, cut, time, r, piece, &from, &to);
        asset = a; tag = g; regime = r;
    }
    return used;
}

typedef struct { int64_t step, row, before, pair; } Gap;
typedef struct { const int64_t *time; const int32_t *order; int64_t first_row, n; } Times;
typedef struct { int64_t begin, end, pair; } Group;
typedef struct { int64_t *first, *last, *row; Gap *gap; int64_t gaps, unknown; } Clock;

static void keep_gap(Clock *k, Gap g) { /* the longest, of equal ones the first */
    int64_t i = k->gaps < KEPT ? k->gaps++ : KEPT;
    if (i == KEPT) {
        const Gap *least = &k->gap[KEPT - 1];
        if (g.step < least->step || (g.step == least->step && g.row >= least->row)) return;
        i = KEPT - 1;
    }
    for (; i > 0 && (k->gap[i - 1].step < g.step || (k->gap[i - 1].step == g.step && k->gap[i - 1].row > g.row)); i--) k->gap[i] = k->gap[i - 1];
    k->gap[i] = g;
}

static void ticked(Column *c, Track *t, Clock *k, const Times *times, const Group *group, int64_t groups) {
    double step[BLOCK];
    int64_t at[BLOCK], n = 0;
    Near near;
    memset(&near, 0, sizeof near);
    Into to = {c, &near, t, NULL, NULL, 0};
    Rows rows = {at, NULL, 0};
    for (int64_t j = 0; j < groups; j++) {
        int64_t pair = group[j].pair, last = k->last[pair];
        for (int64_t i = group[j].begin; i < group[j].end; i++) {
            int64_t p = times->order ? times->order[i] : i, time = times->time[p], row = times->first_row + p;
            if (time == UNKNOWN) { k->unknown++; continue; }
            if (last == UNKNOWN) { k->first[pair] = last = time; k->row[pair] = row; continue; }
            int64_t gap = (int64_t)((uint64_t)time - (uint64_t)last);
            if (gap > 0) keep_gap(k, (Gap){gap, row, last, pair});
            step[n] = (double)gap;
            at[n++] = row;
            last = time;
            if (n == BLOCK) { c->rows += n; taken(&to, step, &rows, n); n = 0; }
        }
        k->last[pair] = last;
    }
    c->rows += n;
    if (n) taken(&to, step, &rows, n);
    settled(c, &near);
}

/* Windows of each asset brought together: those of one place after the other; a place that is not there holds none. */
static void folded(const Window *from, Window *to, const int64_t *place, int64_t assets, int64_t n) {
    for (int64_t a = 0; a < assets; a++)
        for (int64_t i = 0; i < n; i++) {
            const Window *w = from + a * n + i;
            if (w->n && place[i] >= 0 && place[i] < n) into(to + a * n + place[i], w->n, w->mean, w->m2, w->low, w->high);
        }
}
