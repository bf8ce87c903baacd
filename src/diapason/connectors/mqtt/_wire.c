/* What arrives by the ten thousand: packets of MQTT 5 cut out of a stream, and data messages of Sparkplug B.
 *
 * Nothing here decides anything: `packets` says where each packet begins and ends, `metrics` puts the numbers of one
 * message into columns and says when a message holds more than numbers, which the decoder in Python then reads.
 */
#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

typedef struct { const uint8_t *at, *end; } Bytes;

static int varint(Bytes *b, uint64_t *value) { /* protobuf: at most ten bytes of seven bits */
    uint64_t got = 0;
    for (int shift = 0; shift < 70 && b->at < b->end; shift += 7) {
        uint8_t one = *b->at++;
        got |= (uint64_t)(one & 127) << (shift < 64 ? shift : 63);
        if (one < 128) {
            *value = got;
            return shift < 63 || one < 2;
        }
    }
    return 0;
}

static int length(Bytes *b, Bytes *inner) {
    uint64_t n;
    if (!varint(b, &n) || n > (uint64_t)(b->end - b->at)) return 0;
    inner->at = b->at;
    inner->end = b->at += n;
    return 1;
}

static int skip(Bytes *b, int wire) {
    uint64_t n;
    Bytes inner;
    if (wire == 0) return varint(b, &n);
    if (wire == 2) return length(b, &inner);
    if (wire != 1 && wire != 5) return 0; /* groups are gone since 2008 */
    n = wire == 1 ? 8 : 4;
    if (n > (uint64_t)(b->end - b->at)) return 0;
    b->at += n;
    return 1;
}

/* marks of a metric */
enum { HISTORICAL = 1, EMPTY = 2, MORE = 4, TIMED = 8, ALIASED = 16 }; /* from bit 5 on: field of the value less 9 */

typedef struct { int64_t *alias, *at; double *value; uint8_t *mark, *type; } Columns;

static int wire_of(int field) { /* how each field of a metric must be written; -1 = a field that is not ours */
    static const signed char must[] = {-1, 2, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 5, 1, 0, 2, 2, 2, 2, 2};
    return field < 20 ? must[field] : -1;
}

static int number(Bytes *b, int field, double *value) { /* one of the fields 10 to 14 */
    uint64_t n = 0;
    float single;
    if (field == 12) {
        if (b->end - b->at < 4) return 0;
        memcpy(&single, b->at, 4);
        b->at += 4;
        *value = single;
        return 1;
    }
    if (field == 13) {
        if (b->end - b->at < 8) return 0;
        memcpy(value, b->at, 8);
        b->at += 8;
        return 1;
    }
    if (!varint(b, &n)) return 0;
    if (field == 10) *value = (double)(uint32_t)n;
    else if (field == 11) *value = (double)(int64_t)n;
    else *value = n != 0;
    return 1;
}

static int metric(Bytes b, Columns out, Py_ssize_t i) {
    uint64_t key, n;
    int mark = 0, kind = 0;
    double value = 0;
    out.alias[i] = out.at[i] = 0;
    out.type[i] = 0;
    while (b.at < b.end) {
        if (!varint(&b, &key)) return 0;
        int field = key >> 3 < 64 ? (int)(key >> 3) : 63, wire = key & 7, must = wire_of(field);
        if (!field || (must >= 0 && must != wire)) return 0;
        if (field >= 10 && field <= 14) {
            if (!number(&b, field, &value)) return 0;
            kind = field - 9;
        } else if (field >= 2 && field <= 7 && field != 6) {
            if (!varint(&b, &n)) return 0;
            if (field == 2) { out.alias[i] = (int64_t)n; mark |= ALIASED; }
            else if (field == 3) { out.at[i] = (int64_t)n; mark |= TIMED; }
            else if (field == 4) { out.type[i] = n < 255 ? (uint8_t)n : 255; }
            else if (field == 5) mark = n ? mark | HISTORICAL : mark & ~HISTORICAL;
            else mark = n ? mark | EMPTY : mark & ~EMPTY;
        } else {
            if (!skip(&b, wire)) return 0;
            if (must >= 0 && field != 6) mark |= MORE;
        }
    }
    if (!kind && !(mark & MORE)) mark |= EMPTY;
    out.value[i] = value;
    out.mark[i] = (uint8_t)(mark | kind << 5);
    return 1;
}

static Py_ssize_t counted(Bytes b) { /* metrics of a message; -1 = no message */
    uint64_t key;
    Py_ssize_t n = 0;
    while (b.at < b.end) {
        if (!varint(&b, &key) || !(key >> 3) || !skip(&b, key & 7)) return -1;
        n += key >> 3 == 2;
    }
    return n;
}

static int filled(Bytes b, Columns out, uint64_t *at, uint64_t *sequence, int *said, int *any, int *every) {
    uint64_t key;
    Bytes inner;
    Py_ssize_t i = 0;
    while (b.at < b.end) {
        if (!varint(&b, &key)) return 0;
        int wire = key & 7;
        uint64_t field = key >> 3;
        if (field == 2) {
            if (wire != 2 || !length(&b, &inner) || !metric(inner, out, i)) return 0;
            *any |= out.mark[i]; *every &= out.mark[i++];
        } else if (field == 1 || field == 3) {
            if (wire != 0 || !varint(&b, field == 1 ? at : sequence)) return 0;
            *said |= field == 1 ? 1 : 2;
        } else {
            if ((field == 4 || field == 5) && wire != 2) return 0;
            if (!skip(&b, wire)) return 0;
        }
    }
    return 1;
}

static void timed(int64_t *at, Py_ssize_t n, int64_t other, int every) { /* ms to us; `other` us where none is said */
    for (Py_ssize_t i = 0; i < n; i++) at[i] = (int64_t)((uint64_t)at[i] * 1000);
    if (every & TIMED) return;
    for (Py_ssize_t i = 0; i < n; i++) if (!at[i]) at[i] = other;
}

static PyObject *metrics(PyObject *self, PyObject *arguments) {
    (void)self;
    Py_buffer view;
    long long received;
    if (!PyArg_ParseTuple(arguments, "y*L:metrics", &view, &received)) return NULL;
    Bytes all = {view.buf, (const uint8_t *)view.buf + view.len};
    Py_ssize_t n = counted(all);
    PyObject *made[3] = {0}, *answer = NULL;
    uint64_t at = 0, sequence = 0;
    int said = 0, any = 0, every = 255, fine = n >= 0;
    if (fine) {
        int ok = 1;
        for (int k = 0; k < 2 && ok; k++) ok = !!(made[k] = PyByteArray_FromStringAndSize(NULL, n * 8));
        if (!ok || !(made[2] = PyBytes_FromStringAndSize(NULL, n * 10))) goto done;
        uint8_t *key = (uint8_t *)PyBytes_AsString(made[2]);
        Columns out = {
            (int64_t *)key, (int64_t *)PyByteArray_AsString(made[0]), (double *)PyByteArray_AsString(made[1]),
            key + 9 * n, key + 8 * n};
        fine = filled(all, out, &at, &sequence, &said, &any, &every);
        int known = said & 1 && at < (uint64_t)INT64_MAX / 1000;
        if (fine) timed(out.at, n, known ? (int64_t)at * 1000 : received, every);
    }
    if (!fine) {
        PyErr_SetString(PyExc_ValueError, "no message of Sparkplug B: it is cut short or is something else");
        goto done;
    }
    answer = Py_BuildValue(
        "LLiiOOO", said & 1 ? (long long)at : -1LL, said & 2 ? (long long)sequence : -1LL, any, every,
        made[0], made[1], made[2]);
done:
    for (int k = 0; k < 3; k++) Py_XDECREF(made[k]);
    PyBuffer_Release(&view);
    return answer;
}

static int prefix(Bytes *b, uint32_t *value) { /* MQTT: at most four bytes; 0 = more must arrive, -1 = wrong */
    uint32_t got = 0;
    for (int k = 0; k < 4; k++) {
        if (b->at >= b->end) return 0;
        uint8_t one = *b->at++;
        got |= (uint32_t)(one & 127) << 7 * k;
        if (one < 128) { *value = got; return 1; }
    }
    return -1;
}

static PyObject *publish(uint8_t first, Bytes b) { /* (first byte, packet identifier, topic, payload) */
    uint32_t properties, id = 0;
    if (b.end - b.at < 2) return NULL;
    Py_ssize_t n = b.at[0] << 8 | b.at[1];
    const char *topic = (const char *)b.at + 2;
    if (b.end - b.at < n + 2) return NULL;
    b.at += n + 2;
    if (first & 6) {
        if (b.end - b.at < 2) return NULL;
        id = b.at[0] << 8 | b.at[1];
        b.at += 2;
    }
    if (prefix(&b, &properties) != 1 || (Py_ssize_t)properties > b.end - b.at) return NULL;
    b.at += properties;
    return Py_BuildValue("iis#y#", (int)first, (int)id, topic, n, (const char *)b.at, (Py_ssize_t)(b.end - b.at));
}

static PyObject *packets(PyObject *self, PyObject *arguments) {
    (void)self;
    Py_buffer view;
    Py_ssize_t largest;
    if (!PyArg_ParseTuple(arguments, "y*n:packets", &view, &largest)) return NULL;
    const uint8_t *start = view.buf;
    Bytes b = {start, start + view.len};
    PyObject *found = PyList_New(0);
    while (found && b.at < b.end) {
        Bytes rest = {b.at + 1, b.end};
        uint32_t n = 0;
        int whole = prefix(&rest, &n);
        if (whole < 0 || (whole && (Py_ssize_t)n > largest)) {
            PyErr_SetString(PyExc_ValueError, whole < 0 ? "a length of more than four bytes" : "a packet that is too large");
            Py_CLEAR(found);
            break;
        }
        if (!whole || (Py_ssize_t)n > rest.end - rest.at) break;
        Bytes body = {rest.at, rest.at + n};
        PyObject *one = *b.at >> 4 == 3 ? publish(*b.at, body)
            : Py_BuildValue("iiOy#", (int)*b.at, 0, Py_None, (const char *)body.at, (Py_ssize_t)n);
        if (!one || PyList_Append(found, one)) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a PUBLISH that is cut short");
            Py_XDECREF(one);
            Py_CLEAR(found);
            break;
        }
        Py_DECREF(one);
        b.at = body.end;
    }
    PyObject *answer = found ? Py_BuildValue("Nn", found, (Py_ssize_t)(b.at - start)) : NULL;
    PyBuffer_Release(&view);
    return answer;
}

static PyMethodDef functions[] = {
    {"packets", packets, METH_VARARGS, "Whole packets of MQTT 5 and how many bytes they took."},
    {"metrics", metrics, METH_VARARGS,
     "Of a message of Sparkplug B: time (ms), number, marks of any and of every metric, times (us), values, and aliases,"
     " types and marks as one key; where a metric says no time it has that of the message, or the one that is given."},
    {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "_wire", .m_size = 0, .m_methods = functions};

PyMODINIT_FUNC PyInit__wire(void) { return PyModule_Create(&module); }
