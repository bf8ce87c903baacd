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
typedef struct { uint64_t word[2]; int64_t code, row; } Recent; /* row: where it was met last, as far as one looked */

static inline Recent *recent_of(Recent *r, const uint64_t *word) {
    return &r[((word[0] ^ (word[1] << 7 | word[1] >> 57)) * 0x9E3779B97F4A7C15ull) >> 55];
}

#define STRIDE 64
/* How far, from i on, each entry is as that `lag` entries before. */
static int64_t alike(const void *given, size_t size, int64_t i, int64_t n, int64_t lag) {
    const char *at = given;
    size_t back = (size_t)lag * size;
    for (; i + STRIDE <= n && !memcmp(at + (size_t)i * size, at + (size_t)i * size - back, STRIDE * size); i += STRIDE) {}
    for (; i < n && !memcmp(at + (size_t)i * size, at + (size_t)i * size - back, size); i++) {}
    return i;
}

static void repeated(int32_t *code, int64_t i, int64_t end, int64_t lag) { /* what lies `lag` before, on and on */
    for (int64_t begin = i - lag, m; i < end; i += m) { /* what is there may be copied as a whole: it grows twofold */
        m = i - begin < end - i ? i - begin : end - i;
        memcpy(code + i, code + begin, (size_t)m * sizeof *code);
    }
}

/* A number for each row, in the order of first meeting; those without a text have one of their own. How many, or -1.
 * Runs and rotations are found by how far back a text was met: what follows is compared with what followed there. */
static int64_t texts(const struct ArrowArray *a, Texts *t, int32_t *code) {
    static const Text empty = {0, {0}, -1, -1}; /* no text is of no length and lies anywhere */
    const uint8_t *valid = a->null_count ? a->buffers[0] : NULL;
    const Text *text = (const Text *)a->buffers[1] + a->offset;
    Recent recent[RECENT] = {{{0, 0}, 0, 0}};
    for (int64_t i = 0; i < RECENT; i++) recent[i].code = -1;
    for (int64_t i = 0, before = 0; i < a->length; i++) {
        int64_t bit = a->offset + i;
        const Text *now = valid && !(valid[bit >> 3] >> (bit & 7) & 1) ? &empty : text + i;
        uint64_t word[2];
        memcpy(word, now, 16);
        Recent *r = recent_of(recent, word);
        if (r->code < 0 || r->word[0] != word[0] || r->word[1] != word[1]) {
            int32_t number = numbered(t, a, now, i);
            if (number < 0) return -1;
            *r = (Recent){{word[0], word[1]}, number, i};
        }
        code[i] = (int32_t)r->code;
        int64_t lag = i - r->row;
        r->row = i;
        if (lag && lag == before && !valid) {
            int64_t end = alike(text, sizeof *text, i + 1, a->length, lag);
            repeated(code, i + 1, end, lag);
            i = end - 1;
        }
        before = lag;
    }
    return t->used;
}

#define AS_DOUBLES(kind) \
    do { const kind *x = (const kind *)a->buffers[1] + a->offset; for (int64_t i = 0; i < n; i++) out[i] = (double)x[i]; } while (0)

/* Numbers as they are stored in one Arrow array, none as not a number; 0: they are stored in another way. */
static int doubles(const struct ArrowArray *a, const char *format, double *out) {
    int64_t n = a->length;
    if (!format[0] || format[1] || a->n_buffers != 2) return 0;
    switch (format[0]) {
        case 'g': AS_DOUBLES(double); break;
        case 'f': AS_DOUBLES(float); break;
        case 'l': AS_DOUBLES(int64_t); break;
        case 'L': AS_DOUBLES(uint64_t); break;
        case 'i': AS_DOUBLES(int32_t); break;
        case 'I': AS_DOUBLES(uint32_t); break;
        case 's': AS_DOUBLES(int16_t); break;
        case 'S': AS_DOUBLES(uint16_t); break;
        case 'c': AS_DOUBLES(int8_t); break;
        case 'C': AS_DOUBLES(uint8_t); break;
        default: return 0;
    }
    const uint8_t *valid = a->null_count ? a->buffers[0] : NULL;
    for (int64_t i = 0, bit = a->offset; valid && i < n; i++, bit++) {
        if (!(bit & 7) && valid[bit >> 3] == 0xFF && i + 8 <= n) { i += 7; bit += 7; continue; }
        if (!(valid[bit >> 3] >> (bit & 7) & 1)) out[i] = NAN;
    }
    return 1;
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

typedef struct { int64_t group, begin, lag, rows; } Turn; /* rows of one group: every so many from the first on */

/* Rows as turns, if they come in runs and rotations: how many turns there are; 0: too many, -1: no memory. */
static int64_t turns(const Table *t, int64_t all, Turn *turn, int64_t room) {
    int32_t *met = calloc((size_t)all, sizeof *met), section = 0;
    if (!met) return -1;
    int64_t used = 0;
    for (int64_t i = 0; i < t->n;) {
        int64_t j = i, lag = 0, end, first = group_of(t, i);
        for (section++; j < t->n && j - i <= room - used; j++) { /* until a group comes again */
            int64_t g = group_of(t, j);
            if (met[g] == section) { lag = g == first ? j - i : 0; break; }
            met[g] = section;
        }
        end = j;
        if (lag) {
            end = t->asset ? alike(t->asset, 4, j, t->n, lag) : t->n;
            if (t->tag) end = alike(t->tag, 4, j, end, lag);
        }
        if (used + j - i > room) { used = 0; break; }
        for (int64_t k = i; k < j; k++) turn[used++] = (Turn){group_of(t, k), k, lag ? lag : 1, lag ? (end - k + lag - 1) / lag : 1};
        i = end;
    }
    free(met);
    return used;
}

/* As `sorted` by group, of turns, which lie in the order of their first rows. */
static int64_t *unrolled(const Turn *turn, int64_t used, int64_t all, int32_t *order) {
    int64_t *place = calloc((size_t)all + 1, sizeof *place);
    if (!place) return NULL;
    for (int64_t k = 0; k < used; k++) place[turn[k].group + 1] += turn[k].rows;
    for (int64_t g = 0; g < all; g++) place[g + 1] += place[g];
    for (int64_t k = 0; k < used; k++) {
        int32_t *to = order + place[turn[k].group], row = (int32_t)turn[k].begin, lag = (int32_t)turn[k].lag;
        for (int64_t i = 0; i < turn[k].rows; i++) to[i] = row + (int32_t)i * lag;
        place[turn[k].group] += turn[k].rows;
    }
    return place;
}

#define TURNS 8 /* rows of a turn on average, at least: else they are sorted one by one */

static int rotating(const Table *t, int64_t all, int32_t *order, int64_t **ends) { /* 0: they are not, -1: no memory */
    int64_t room = t->n / TURNS;
    if (all > FEW_GROUPS || !room) return 0;
    Turn *turn = malloc((size_t)room * sizeof *turn);
    int64_t used = turn ? turns(t, all, turn, room) : -1;
    if (used > 0 && !(*ends = unrolled(turn, used, all, order))) used = -1;
    free(turn);
    return used > 0 ? 1 : (int)used;
}

/* The order that brings groups together, in `order`, if they change too often; 0: they do not, -1: no memory.
 * Where each group ends, to be freed, if that is known: all rows in between are of one asset and tag. */
static int together(const Table *t, int32_t *order, int64_t **ends) {
    int64_t all = (t->tag ? t->tags : 1) * (t->asset ? t->assets : 1);
    if (!t->tag && !t->asset) return 0;
    int way = broken(t, all);
    if (way <= 0) return way;
    if ((way = rotating(t, all, order, ends))) return way;
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

#define BACKWARD 256 /* places where time goes backward that are remembered */
typedef struct { int64_t at[BACKWARD], used; } Descents; /* more than there is room for: none are known */

WIDE static int64_t backward(const int64_t *time, int64_t n) {
    int64_t found = 0;
    for (int64_t i = 1; i < n; i++) found += time[i] < time[i - 1];
    return found;
}

static void descents(const Table *t, Descents *d) {
    d->used = 0;
    for (int64_t i = 1; t->time && i < t->n; i += BLOCK) {
        int64_t n = t->n - i < BLOCK ? t->n - i : BLOCK;
        if (!backward(t->time + i - 1, n + 1)) continue;
        for (int64_t j = i; j < i + n; j++) {
            if (t->time[j] >= t->time[j - 1]) continue;
            if (d->used == BACKWARD) { d->used++; return; }
            d->at[d->used++] = j;
        }
    }
}

static int forward(const Descents *d, int64_t first, int64_t last) { /* whether time never goes backward between two rows */
    int64_t low = 0, high = d->used;
    if (d->used > BACKWARD) return 0;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (d->at[middle] <= first) low = middle + 1; else high = middle;
    }
    return low == d->used || d->at[low] > last;
}

static inline int64_t time_of(const Table *t, const int32_t *order, int64_t i) {
    int64_t p = order ? order[i] : i;
    return t->time ? t->time[p] : t->first + p;
}

/* The first row after i, before `end`, whose time is larger, where time only goes forward; `guess` rows on, likely. */
static int64_t beyond(const Table *t, const int32_t *order, int64_t i, int64_t end, int64_t to, int64_t guess) {
    int64_t low = i, high = end, step = 1; /* low: not larger, high: larger, or the end */
    if (guess > 0 && i + guess < end) {
        if (time_of(t, order, i + guess) > to) high = i + guess; else low = i + guess;
        if (high == i + guess && time_of(t, order, high - 1) <= to) return high;
    }
    while (low + step < high && time_of(t, order, low + step) <= to) { low += step; step *= 2; }
    if (low + step < high) high = low + step;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (time_of(t, order, middle) > to) high = middle; else low = middle;
    }
    return high;
}

/* Stretches of one group, window and slot, in the order given; returns how many, or -1 without memory. */
static int64_t pieces(const Table *t, const Cut *cut, const int32_t *order, const int64_t *ends, Piece **out) {
    int64_t room = 0, used = 0, from = 0, to = -1, end = 0, like = -1, begun = -1;
    int32_t asset = -1, tag = -1, regime = -1;
    int skips = 0;
    Descents back;
    if (ends) descents(t, &back);
    *out = NULL;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t p = order ? order[i] : i, time = time_of(t, order, i);
        int32_t a = asset, g = tag, r = t->regime ? t->regime[p] : -1;
        if (!ends || i >= end) {
            a = t->asset ? t->asset[p] : 0; g = t->tag ? t->tag[p] : 0;
            end = ends ? ends[group_of(t, p)] : 0;
            skips = ends && !t->regime && forward(&back, p, order ? order[end - 1] : end - 1);
            like = begun;
            begun = used;
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
        if (!skips) continue;
        i = beyond(t, order, i, end, to, like >= 0 && like < begun ? (*out)[like].end - (*out)[like].begin : 0) - 1;
        like += like >= 0;
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

typedef struct { double step[BLOCK]; int64_t at[BLOCK], n; } Steps; /* that go to the column together */

/* Steps of rows that all have a time, as has the row before them. */
static void stepped(Clock *k, Steps *s, const int64_t *now, int64_t n, int64_t last, int64_t pair) {
    const Gap *least = &k->gap[KEPT - 1];
    int64_t most = 0, before = last;
    for (int64_t j = 0; j < n; j++) {
        int64_t gap = (int64_t)((uint64_t)now[j] - (uint64_t)before);
        most = gap > most ? gap : most;
        s->step[s->n + j] = (double)gap;
        before = now[j];
    }
    int keeps = k->gaps < KEPT || most > least->step || (most == least->step && s->at[s->n] < least->row);
    for (int64_t j = 0; most > 0 && keeps && j < n; j++) {
        int64_t former = j ? now[j - 1] : last, gap = (int64_t)((uint64_t)now[j] - (uint64_t)former);
        if (gap > 0) keep_gap(k, (Gap){gap, s->at[s->n + j], former, pair});
    }
    s->n += n;
}

static int64_t known_times(const Times *times, int64_t i, int64_t n, int64_t *now, int64_t *row) { /* until one is missing */
    for (int64_t m = 0; m < n; m++) {
        int64_t p = times->order ? times->order[i + m] : i + m;
        if ((now[m] = times->time[p]) == UNKNOWN) return m;
        row[m] = times->first_row + p;
    }
    return n;
}

static void ticked(Column *c, Track *t, Clock *k, const Times *times, const Group *group, int64_t groups) {
    int64_t now[BLOCK];
    Steps s = {.n = 0};
    Near near;
    cleared(&near);
    Into to = {c, &near, t, NULL, NULL, 0};
    Rows rows = {s.at, NULL, 0};
    for (int64_t j = 0; j < groups; j++) {
        int64_t pair = group[j].pair, last = k->last[pair];
        for (int64_t i = group[j].begin, n; i < group[j].end; i += n) {
            n = known_times(times, i, group[j].end - i < BLOCK - s.n ? group[j].end - i : BLOCK - s.n, now, s.at + s.n);
            if (!n) { k->unknown++; n = 1; continue; }
            if (last == UNKNOWN) { k->first[pair] = last = now[0]; k->row[pair] = s.at[s.n]; n = 1; continue; }
            stepped(k, &s, now, n, last, pair);
            last = now[n - 1];
            if (s.n == BLOCK) { c->rows += s.n; taken(&to, s.step, &rows, s.n); s.n = 0; }
        }
        k->last[pair] = last;
    }
    c->rows += s.n;
    if (s.n) taken(&to, s.step, &rows, s.n);
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
