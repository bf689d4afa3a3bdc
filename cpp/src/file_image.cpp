#include "simdprep/file_image.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace simdprep {

FileImage::FileImage(std::vector<std::byte> bytes) {
    auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    refer(0, *owner);
    hold(std::move(owner));
}

void FileImage::resize(std::uint64_t size) {
    for (auto page = pages_.lower_bound(size / page_bytes); page != pages_.end();) {
        const std::uint64_t begin = page->first * page_bytes;
        if (begin >= size) {
            page = pages_.erase(page);
            continue;
        }
        std::fill(page->second.begin() + static_cast<std::ptrdiff_t>(size - begin), page->second.end(), std::byte{0});
        ++page;
    }
    while (!referred_.empty()) {
        auto& [at, bytes] = *std::prev(referred_.end());
        if (at + bytes.size() <= size) break;
        if (at < size) {
            bytes = bytes.first(size - at);
            break;
        }
        referred_.erase(at);
    }
    size_ = size;
}

void FileImage::write(std::uint64_t at, std::span<const std::byte> bytes) {
    size_ = std::max(size_, at + bytes.size());
    while (!bytes.empty()) {
        const std::uint64_t within = at % page_bytes;
        const std::size_t count = std::min<std::size_t>(bytes.size(), page_bytes - within);
        Page& page = pages_[at / page_bytes];
        page.resize(page_bytes);
        std::copy_n(bytes.data(), count, page.data() + within);
        bytes = bytes.subspan(count);
        at += count;
    }
}

void FileImage::refer(std::uint64_t at, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    referred_[at] = bytes;
    size_ = std::max(size_, at + bytes.size());
}

const std::byte* FileImage::page_at(std::uint64_t at) const {
    static const std::array<std::byte, page_bytes> zeros{};
    const auto page = pages_.find(at / page_bytes);
    return page == pages_.end() ? zeros.data() : page->second.data();
}

// Views of what was copied between two places, zeros included.
void FileImage::append_written(std::uint64_t begin, std::uint64_t end, std::vector<std::span<const std::byte>>& pieces) const {
    while (begin < end) {
        const std::uint64_t within = begin % page_bytes;
        const std::uint64_t count = std::min(end - begin, page_bytes - within);
        pieces.emplace_back(page_at(begin) + within, count);
        begin += count;
    }
}

std::vector<std::span<const std::byte>> FileImage::pieces() const {
    std::vector<std::span<const std::byte>> pieces;
    std::uint64_t at = 0;
    for (const auto& [place, bytes] : referred_) {
        append_written(at, place, pieces);
        pieces.push_back(bytes);
        at = place + bytes.size();
    }
    append_written(at, size_, pieces);
    return pieces;
}

void FileImage::read(std::uint64_t at, std::span<std::byte> out) const {
    const std::uint64_t end = at + out.size();
    std::vector<std::span<const std::byte>> written;
    append_written(at, end, written);
    auto next = out.begin();
    for (const auto piece : written) next = std::copy(piece.begin(), piece.end(), next);
    auto first = referred_.upper_bound(at);
    if (first != referred_.begin()) --first;
    for (; first != referred_.end() && first->first < end; ++first) {
        const auto& [place, bytes] = *first;
        const std::uint64_t from = std::max(at, place);
        const std::uint64_t until = std::min(end, place + bytes.size());
        if (from < until) std::copy_n(bytes.data() + (from - place), until - from, out.data() + (from - at));
    }
}

std::vector<std::byte> FileImage::bytes() const {
    std::vector<std::byte> all;
    all.reserve(size_);
    for (const auto piece : pieces()) all.insert(all.end(), piece.begin(), piece.end());
    return all;
}

}  // namespace simdprep
