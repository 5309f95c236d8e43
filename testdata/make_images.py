#!/usr/bin/env python3
"""Writes testdata/images: drawn pictures of things that nobody sells, edited copies of them, files in odd formats, and the
hashes that the published PDQ implementation gives them.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 numpy pdqhash==0.2.8
    venv/bin/python testdata/make_images.py

Seeded: the same versions write the same bytes. The tests need neither this script nor its packages.
"""

import csv
import io
import math
import os
import random

import numpy
import pdqhash
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "images")
PRODUCTS = ["bag", "watch", "shoe", "lamp", "radio", "kettle"]


def backdrop(draw, rng, size):
    """A room: a wall with panels, a floor with boards."""
    width, height = size
    wall = [rng.randint(120, 220) for _ in range(3)]
    floor = [rng.randint(60, 140) for _ in range(3)]
    horizon = int(height * rng.uniform(0.55, 0.75))
    draw.rectangle((0, 0, width, horizon), fill=tuple(wall))
    for _ in range(rng.randint(3, 6)):
        x, y = rng.randint(0, width), rng.randint(0, horizon)
        w, h = rng.randint(20, 90), rng.randint(20, 70)
        draw.rectangle((x, y, x + w, y + h), fill=tuple(max(0, c - rng.randint(10, 60)) for c in wall))
    draw.rectangle((0, horizon, width, height), fill=tuple(floor))
    for x in range(-width, 2 * width, rng.randint(24, 40)):
        draw.line((width // 2 + (x - width // 2) // 2, horizon, x, height), fill=tuple(c // 2 for c in floor), width=2)


def thing(draw, rng, box):
    """A body with a handle, seams, rivets and a pattern, all by chance."""
    left, top, right, bottom = box
    body = tuple(rng.randint(30, 230) for _ in range(3))
    dark = tuple(c // 2 for c in body)
    draw.arc((left + 30, top - 50, right - 30, top + 60), 180, 360, fill=dark, width=9)
    draw.rounded_rectangle(box, radius=rng.randint(5, 40), fill=body, outline=dark, width=4)
    for _ in range(rng.randint(14, 22)):
        x, y, r = rng.randint(left + 8, right - 8), rng.randint(top + 8, bottom - 8), rng.randint(3, 16)
        shade = tuple(rng.randint(0, 255) for _ in range(3))
        points = [(x + r * math.cos(a), y + r * math.sin(a)) for a in sorted(rng.uniform(0, 6.28) for _ in range(5))]
        draw.polygon(points, fill=shade, outline=dark) if rng.random() < 0.6 else draw.ellipse((x - r, y - r, x + r, y + r), fill=shade)
    for _ in range(3):
        y = rng.randint(top + 5, bottom - 5)
        draw.line((left, y, right, y + rng.randint(-20, 20)), fill=dark, width=2)


def product(name):
    rng = random.Random(name)
    size = (320, 240) if rng.random() < 0.5 else (240, 320)
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    backdrop(draw, rng, size)
    w, h = size
    thing(draw, rng, (int(w * 0.22), int(h * 0.3), int(w * 0.8), int(h * 0.85)))
    return picture.filter(ImageFilter.GaussianBlur(0.6))


def save(picture, name, **options):
    picture.save(os.path.join(FOLDER, name), **options)


def main():
    for folder in ("indexed", "queries", "formats"):
        os.makedirs(os.path.join(FOLDER, folder), exist_ok=True)
    pictures = {name: product(name) for name in PRODUCTS}
    for name, picture in pictures.items():
        save(picture, f"indexed/{name}.jpg", quality=88)
    # Come back edited: mirrored, cropped, framed, in a collage; and one that was never indexed.
    save(ImageOps.mirror(pictures["bag"]), "queries/bag-mirrored.jpg", quality=60)
    w, h = pictures["watch"].size
    save(pictures["watch"].crop((w // 8, h // 10, w - w // 12, h - h // 8)), "queries/watch-cropped.jpg", quality=70)
    save(ImageOps.expand(ImageEnhance.Brightness(pictures["shoe"]).enhance(1.2), 36, (210, 30, 40)), "queries/shoe-framed.jpg", quality=70)
    collage = Image.new("RGB", (500, 240), "white")
    for at, name in enumerate(("lamp", "teapot")):
        part = product(name)
        collage.paste(part.resize((part.width * 240 // part.height, 240)).crop((0, 0, 246, 240)), (at * 252, 0))
    save(collage, "queries/lamp-collage.jpg", quality=75)
    save(product("umbrella"), "queries/umbrella-new.jpg", quality=80)
    formats(pictures["radio"], pictures["kettle"])
    reference()


def formats(picture, other):
    save(picture, "formats/rgb.png", optimize=True)
    save(picture.convert("L"), "formats/grey.png", optimize=True)
    save(picture.quantize(32), "formats/palette.png", optimize=True)
    grey = numpy.asarray(picture.convert("L")).astype(numpy.uint16) * 257
    save(Image.fromarray(grey), "formats/grey16.png")
    save(picture.convert("CMYK"), "formats/cmyk.jpg", quality=90)
    save(picture, "formats/progressive.jpg", quality=90, progressive=True)
    save(picture, "formats/wrong-extension.gif", format="JPEG", quality=90)
    exif = Image.Exif()
    exif[0x0112] = 6
    save(picture.transpose(Image.ROTATE_90), "formats/exif-turned.jpg", quality=90, exif=exif)
    save(picture, "formats/lossy.webp", quality=90)
    save(picture.quantize(64), "formats/lossless.webp", lossless=True)
    small = [p.resize((p.width // 2, p.height // 2)) for p in (picture, other.resize(picture.size))]
    save(small[0], "formats/animated.gif", save_all=True, append_images=small[1:], duration=100)
    save(small[0], "formats/animated.webp", save_all=True, append_images=small[1:], duration=100, quality=90)
    cut = picture.convert("RGBA")
    cut.putalpha(Image.linear_gradient("L").resize(cut.size))
    save(cut.resize((cut.width // 2, cut.height // 2)), "formats/transparent.png", optimize=True)
    save(Image.new("RGB", (1, 1), (9, 80, 200)), "formats/one-pixel.png")
    save(Image.new("RGB", (64, 48), (9, 80, 200)), "formats/one-colour.png")
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=80)
    with open(os.path.join(FOLDER, "formats/truncated.jpg"), "wb") as out:
        out.write(data.getvalue()[: len(data.getvalue()) // 2])


def reference():
    """What the published implementation says of the pixels that Pillow reads; of PNG those are the same for everyone."""
    with open(os.path.join(FOLDER, "pdq.csv"), "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["file", "pdq", "quality"])
        for folder in ("formats", "indexed"):
            for name in sorted(os.listdir(os.path.join(FOLDER, folder))):
                if name in ("transparent.png", "grey16.png", "truncated.jpg"):
                    continue
                picture = ImageOps.exif_transpose(Image.open(os.path.join(FOLDER, folder, name))).convert("RGB")
                bits, quality = pdqhash.compute(numpy.ascontiguousarray(numpy.asarray(picture)))
                rows.writerow([f"{folder}/{name}", numpy.packbits(bits).tobytes().hex(), quality])


if __name__ == "__main__":
    main()
