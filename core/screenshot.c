/* SPDX-License-Identifier: MIT */
/*
 * Picture files: binary PPM, and PNG where libpng was found at build time.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/device.h"
#include "core/display.h"

static void to_rgb(uint8_t *out, const uint32_t *pixels, int n)
{
    for (int i = 0; i < n; i++) {
        out[3 * i] = (uint8_t)(pixels[i] >> 16);
        out[3 * i + 1] = (uint8_t)(pixels[i] >> 8);
        out[3 * i + 2] = (uint8_t)pixels[i];
    }
}

static int write_ppm(const struct surface *s, FILE *f)
{
    uint8_t *row = g_malloc((size_t)s->width * 3);
    fprintf(f, "P6\n%d %d\n255\n", s->width, s->height);
    for (int y = 0; y < s->height; y++) {
        to_rgb(row, s->pixels + (size_t)y * (size_t)s->stride, s->width);
        fwrite(row, 3, (size_t)s->width, f);
    }
    g_free(row);
    return 0; /* ferror tells */
}

#ifdef HAVE_PNG
#include <png.h>

static int write_png(const struct surface *s, FILE *f)
{
    /* The simplified interface of libpng 1.6: no setjmp in our frames. */
    png_image image = { .version = PNG_IMAGE_VERSION,
                        .width = (png_uint_32)s->width,
                        .height = (png_uint_32)s->height,
                        .format = PNG_FORMAT_RGB,
                        .flags = PNG_IMAGE_FLAG_FAST };
    size_t line = (size_t)s->width * 3;
    uint8_t *rgb = g_try_malloc_n((size_t)s->height, line);
    if (!rgb) {
        return -ENOMEM;
    }
    for (int y = 0; y < s->height; y++) {
        to_rgb(rgb + (size_t)y * line, s->pixels + (size_t)y * (size_t)s->stride, s->width);
    }
    int ok = png_image_write_to_stdio(&image, f, 0, rgb, 0, NULL);
    g_free(rgb);
    return ok ? 0 : -EIO;
}
#else
static int write_png(const struct surface *s, FILE *f)
{
    (void)s, (void)f;
    return -ENOTSUP;
}
#endif

static int write_picture(const struct surface *s, const char *path, bool png)
{
    FILE *f = fopen(path, "wb");
    if (!f) {
        return -errno;
    }
    errno = 0;
    int err = png ? write_png(s, f) : write_ppm(s, f);
    if (err == 0 && (fflush(f) != 0 || ferror(f))) {
        err = errno ? -errno : -EIO;
    }
    if (fclose(f) != 0 && err == 0) {
        err = errno ? -errno : -EIO;
    }
    return err;
}

bool display_screenshot(struct display *d, const char *path, GError **err)
{
    bool png = g_str_has_suffix(path, ".png");
    if (!png && !g_str_has_suffix(path, ".ppm")) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_CONFIG,
                    "screenshot '%s': the name must end in .ppm or .png", path);
        return false;
    }
    return display_screenshot_as(d, path, png, err);
}

bool display_screenshot_as(struct display *d, const char *path, bool png, GError **err)
{
    int e = write_picture(display_refresh(d, true), path, png);
    if (e == -ENOTSUP) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_UNSUPPORTED,
                    "screenshot '%s': this emu was built without libpng; use .ppm", path);
    } else if (e < 0) {
        g_set_error(err, EMU_ERROR, EMU_ERROR_HOST, "screenshot '%s': %s", path, strerror(-e));
    }
    return e == 0;
}
