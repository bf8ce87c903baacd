/* The limit: the arithmetic of deciding alone, compiled, over assets in a row; nothing else that an agent needs. */
#include <math.h>
#include <stdint.h>

static double mid(double a, double b, double c) {
    double high = a > b ? a : b, low = a > b ? b : a;
    high = high < c ? high : c;
    return low > high ? low : high;
}

double decide(const double *restrict x, int64_t n, int64_t d, const double *restrict centre,
              const double *restrict spread, double clip, double forget, const double *restrict map, double on,
              double off, double *restrict one, double *restrict two, double *restrict mean, double *restrict held,
              int first) {
    double total = 0;
    for (int64_t i = 0; i < n; i++, x += d, one += d, two += d, mean += d) {
        double part[64] = {0};
        for (int64_t j = 0; j < d; j++) {
            double s = (x[j] - centre[j]) / spread[j];
            s = s > clip ? clip : s < -clip ? -clip : s;
            if (first) one[j] = two[j] = s;
            mean[j] = (1 - forget) * mean[j] + forget * mid(s, one[j], two[j]);
            two[j] = one[j];
            one[j] = s;
        }
        for (int64_t j = 0; j < d; j++)
            for (int64_t k = 0; k < d; k++) part[k] += mean[j] * map[j * d + k];
        double statistic = 0;
        for (int64_t k = 0; k < d; k++) statistic += part[k] * part[k];
        held[i] = statistic >= on || (held[i] > 0 && statistic >= off);
        double score = statistic / on;
        total += held[i] > 0 ? (score > 1 ? score : 1) : (score < 1 - 1e-9 ? score : 1 - 1e-9);
    }
    return total;
}
