# The image is not part of `make test`: it downloads a Debian system each time, and needs root.

.PHONY: image
image: go-ready ## make the container image without Docker, in .cache/image
	rm -rf .cache/image
	hack/image .cache/image

.PHONY: image-check
image-check: image ## run the image as the chart does, as user 10001 and read-only, and ask it for a page
	hack/image-check .cache/image
	hack/image-check .cache/image host
