/* One compiled pass over the rows of a table; see _column.h for the values of a column, _rows.h for rows together.
 *
 * All functions let go of the interpreter while they work; two of them never share a block.
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define FORM 4 /* of its functions, as column.py asks for */

#include "_column.h"
#include "_rows.h"

static PyObject *py_update(PyObject *self, PyObject *args) {
    Py_buffer c, t, w, s, v, o, r, k;
    long long first;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*w*w*w*y*y*y*Ly*", &c, &t, &w, &s, &v, &o, &r, &first, &k)) return NULL;
    int64_t tracks = t.len / (Py_ssize_t)sizeof(Track), count = k.len / (Py_ssize_t)sizeof(Stretch);
    int64_t n_windows = tracks ? w.len / (Py_ssize_t)sizeof(Window) / tracks : 0, n = v.len / 8;
    int bad = c.len != sizeof(Column) || (r.len && r.len != v.len) || (o.len && o.len != n * 4) || (o.len && r.len);
    for (int64_t i = 0; !bad && i < count; i++) {
        const Stretch *x = (const Stretch *)k.buf + i;
        bad = x->begin < 0 || x->end > n || x->begin > x->end || x->track < 0 || x->track >= tracks || x->window >= n_windows || x->slot >= s.len / (Py_ssize_t)sizeof(Window);
    }
    if (!bad) {
        Batch b = {v.buf, o.len ? o.buf : NULL, r.len ? r.buf : NULL, first};
        Py_BEGIN_ALLOW_THREADS
        update(c.buf, t.buf, w.len ? w.buf : NULL, s.len ? s.buf : NULL, n_windows, &b, k.buf, count);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&c); PyBuffer_Release(&t); PyBuffer_Release(&w); PyBuffer_Release(&s);
    PyBuffer_Release(&v); PyBuffer_Release(&o); PyBuffer_Release(&r); PyBuffer_Release(&k);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    Py_RETURN_NONE;
}

static PyObject *py_merge(PyObject *self, PyObject *args) {
    Py_buffer a, b, ta, tb;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*y*w*y*", &a, &b, &ta, &tb)) return NULL;
    int bad = a.len != sizeof(Column) || b.len != a.len || ta.len != tb.len || ta.len % sizeof(Track);
    if (!bad) {
        Py_BEGIN_ALLOW_THREADS
        merged(a.buf, b.buf);
        for (int64_t i = 0; i < ta.len / (Py_ssize_t)sizeof(Track); i++) joined(a.buf, (Track *)ta.buf + i, (const Track *)tb.buf + i, i);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&a); PyBuffer_Release(&b); PyBuffer_Release(&ta); PyBuffer_Release(&tb);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    Py_RETURN_NONE;
}

static void freed(PyObject *capsule, struct ArrowArrayStream *stream, struct ArrowSchema *schema, struct ArrowArray *array) {
    (void)capsule;
    if (array->release) array->release(array);
    if (schema->release) schema->release(schema);
    if (stream->release) stream->release(stream);
}

static PyObject *met_as(const struct ArrowArray *a, int64_t row) { /* the text of a row, or none */
    const Text *text = (const Text *)a->buffers[1] + a->offset + row;
    int64_t bit = a->offset + row;
    if (a->null_count && !(((const uint8_t *)a->buffers[0])[bit >> 3] >> (bit & 7) & 1)) Py_RETURN_NONE;
    return PyUnicode_FromStringAndSize(said(a, text), text->length);
}

static PyObject *py_numbered(PyObject *self, PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0}, more = {0};
    (void)self;
    if (!stream) return NULL;
    int fits = !stream->get_schema(stream, &schema) && schema.format && !strcmp(schema.format, "vu");
    fits = fits && !stream->get_next(stream, &array) && array.release && array.n_buffers >= 2;
    fits = fits && !stream->get_next(stream, &more) && !more.release; /* one piece, and no more */
    if (more.release) more.release(&more);
    Texts known = {0};
    int64_t found = -1;
    PyObject *codes = fits ? PyByteArray_FromStringAndSize(NULL, array.length * 4) : NULL, *out = NULL;
    if (codes) {
        int32_t *code = (int32_t *)PyByteArray_AsString(codes);
        Py_BEGIN_ALLOW_THREADS
        if (grown(&known)) found = texts(&array, &known, code);
        Py_END_ALLOW_THREADS
    }
    PyObject *met = found >= 0 ? PyList_New(found) : NULL;
    for (int64_t i = 0; met && i < found; i++) {
        PyObject *one = met_as(&array, known.known[i].first);
        if (!one) { Py_CLEAR(met); break; }
        PyList_SetItem(met, i, one);
    }
    if (met) out = PyTuple_Pack(2, codes, met);
    free(known.known); free(known.place);
    freed(capsule, stream, &schema, &array);
    Py_XDECREF(codes); Py_XDECREF(met);
    if (out || PyErr_Occurred()) return out;
    Py_RETURN_NONE;
}

static PyObject *py_floats(PyObject *self, PyObject *args) {
    PyObject *capsule;
    Py_buffer o;
    (void)self;
    if (!PyArg_ParseTuple(args, "Ow*", &capsule, &o)) return NULL;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    struct ArrowSchema schema = {0};
    struct ArrowArray array = {0};
    if (!stream) { PyBuffer_Release(&o); return NULL; }
    int fits = !stream->get_schema(stream, &schema) && schema.format && !schema.dictionary;
    int64_t had = 0, room = o.len / 8;
    while (fits && !stream->get_next(stream, &array) && array.release) {
        fits = array.length <= room - had;
        if (fits) {
            Py_BEGIN_ALLOW_THREADS
            fits = doubles(&array, schema.format, (double *)o.buf + had);
            Py_END_ALLOW_THREADS
        }
        had += array.length;
        array.release(&array);
        array.release = NULL;
    }
    freed(capsule, stream, &schema, &array);
    PyBuffer_Release(&o);
    return PyBool_FromLong(fits && had == room);
}

static PyObject *py_cut(PyObject *self, PyObject *args) {
    Py_buffer a, g, t, r;
    long long n, first, assets, tags, level, base;
    int calendar;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*y*y*y*LLLLLLp", &a, &g, &t, &r, &n, &first, &assets, &tags, &level, &base, &calendar)) return NULL;
    int bad = n < 0 || n > INT32_MAX || level < 0 || level > 62 || (a.len && a.len != n * 4) || (g.len && g.len != n * 4) || (t.len && t.len != n * 8) || (r.len && r.len != n * 4);
    Table table = {a.len ? a.buf : NULL, g.len ? g.buf : NULL, r.len ? r.buf : NULL, t.len ? t.buf : NULL, n, assets, tags, first};
    for (int64_t i = 0; !bad && i < n; i++) bad = (a.len && (uint32_t)table.asset[i] >= (uint64_t)assets) || (g.len && (uint32_t)table.tag[i] >= (uint64_t)tags);
    Cut cut = {level, base, calendar};
    Piece *piece = NULL;
    int64_t found = -1, way = -1, *ends = NULL;
    PyObject *order = bad ? NULL : PyByteArray_FromStringAndSize(NULL, n * 4), *made = NULL, *out = NULL;
    if (order) {
        int32_t *at = (int32_t *)PyByteArray_AsString(order);
        Py_BEGIN_ALLOW_THREADS
        way = together(&table, at, &ends);
        if (way >= 0) found = pieces(&table, &cut, way ? at : NULL, ends, &piece);
        free(ends);
        Py_END_ALLOW_THREADS
        if (found >= 0) made = PyByteArray_FromStringAndSize((const char *)piece, found * (Py_ssize_t)sizeof *piece);
        if (made && way) out = PyTuple_Pack(2, order, made);
        else if (made) out = PyTuple_Pack(2, Py_None, made);
        else if (!PyErr_Occurred()) PyErr_NoMemory();
    }
    if (bad) PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another");
    free(piece);
    Py_XDECREF(order); Py_XDECREF(made);
    PyBuffer_Release(&a); PyBuffer_Release(&g); PyBuffer_Release(&t); PyBuffer_Release(&r);
    return out;
}

static PyObject *py_clock(PyObject *self, PyObject *args) {
    Py_buffer c, k, t, o, g, f, l, r, w;
    long long first, gaps;
    (void)self;
    if (!PyArg_ParseTuple(args, "w*w*y*y*y*w*w*w*w*LL", &c, &k, &t, &o, &g, &f, &l, &r, &w, &gaps, &first)) return NULL;
    int64_t n = t.len / 8, groups = g.len / (Py_ssize_t)sizeof(Group), pairs = f.len / 8;
    int bad = c.len != sizeof(Column) || k.len < (Py_ssize_t)sizeof(Track) || (o.len && o.len != n * 4) || l.len != f.len || r.len != f.len || w.len != KEPT * (Py_ssize_t)sizeof(Gap) || gaps < 0 || gaps > KEPT;
    for (int64_t i = 0; !bad && i < groups; i++) {
        const Group *x = (const Group *)g.buf + i;
        bad = x->begin < 0 || x->end > n || x->begin > x->end || x->pair < 0 || x->pair >= pairs;
    }
    Clock clock = {f.buf, l.buf, r.buf, w.buf, gaps, 0};
    Times times = {t.buf, o.len ? o.buf : NULL, first, n};
    if (!bad) {
        Py_BEGIN_ALLOW_THREADS
        ticked(c.buf, k.buf, &clock, &times, g.buf, groups);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&c); PyBuffer_Release(&k); PyBuffer_Release(&t); PyBuffer_Release(&o); PyBuffer_Release(&g);
    PyBuffer_Release(&f); PyBuffer_Release(&l); PyBuffer_Release(&r); PyBuffer_Release(&w);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    return Py_BuildValue("LL", (long long)clock.gaps, (long long)clock.unknown);
}

static PyObject *py_fold(PyObject *self, PyObject *args) {
    Py_buffer f, t, p;
    (void)self;
    if (!PyArg_ParseTuple(args, "y*w*y*", &f, &t, &p)) return NULL;
    int64_t n = p.len / 8, all = f.len / (Py_ssize_t)sizeof(Window);
    int bad = f.len != t.len || (n ? all % n : all);
    if (!bad && n) folded(f.buf, t.buf, p.buf, all / n, n);
    PyBuffer_Release(&f); PyBuffer_Release(&t); PyBuffer_Release(&p);
    if (bad) { PyErr_SetString(PyExc_ValueError, "blocks of memory do not fit one another"); return NULL; }
    Py_RETURN_NONE;
}

static PyObject *py_outside(PyObject *self, PyObject *args) {
    Py_buffer v;
    double from, to;
    int64_t found[3] = {0, 0, 0};
    (void)self;
    if (!PyArg_ParseTuple(args, "y*dd", &v, &from, &to)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    outside(v.buf, v.len / 8, from, to, found);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&v);
    return Py_BuildValue("LLL", (long long)found[0], (long long)found[1], (long long)found[2]);
}

static PyMethodDef methods[] = {
    {"update", py_update, METH_VARARGS, "update(column, tracks, windows, slots, values, order, rows, first, stretches): take in one batch of one column"},
    {"merge", py_merge, METH_VARARGS, "merge(a, b, tracks_a, tracks_b): the rows of b follow those of a; the result is left in a"},
    {"numbered", py_numbered, METH_O, "numbered(stream): a number for each text of one Arrow array of views, and the texts in the order of their numbers; None: too many, or other texts"},
    {"floats", py_floats, METH_VARARGS, "floats(stream, into): Arrow numbers as doubles, none as not a number; False: they are stored in another way"},
    {"cut", py_cut, METH_VARARGS, "cut(asset, tag, time, regime, rows, first, assets, tags, level, base, calendar): the order that brings groups together, or None, and stretches"},
    {"clock", py_clock, METH_VARARGS, "clock(column, track, time, order, groups, first, last, row, gaps, kept, first_row): take in steps of time; how many gaps are kept, and rows without a time"},
    {"fold", py_fold, METH_VARARGS, "fold(windows, into, places): bring windows together, each at the place given for it"},
    {"outside", py_outside, METH_VARARGS, "outside(values, low, high): how many are missing, below and above"},
    {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_kernel", "One compiled pass over the values of a column.", -1, methods, NULL, NULL, NULL, NULL};
PyMODINIT_FUNC PyInit__kernel(void) {
    PyObject *m = PyModule_Create(&module);
    if (m && (PyModule_AddIntConstant(m, "COLUMN", sizeof(Column)) || PyModule_AddIntConstant(m, "FORM", FORM))) return NULL;
    return m;
}
