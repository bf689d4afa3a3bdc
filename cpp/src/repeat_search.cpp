#include "simdprep/detail/repeat_search.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace simdprep::detail {
namespace {

// Buckets of the table: so many that those of a whole window are few in each, and no more than there are bytes.
constexpr unsigned least_table_bits = 8;
constexpr unsigned most_table_bits = 13;

unsigned table_bits_for(std::size_t size) {
    return std::clamp(static_cast<unsigned>(std::bit_width(size / 4)), least_table_bits, most_table_bits);
}

constexpr std::size_t key_bytes = 4;  // what is looked up, and the least that is copied

// A match of the element before that is so long is taken without looking any further.
constexpr std::size_t long_enough = 32;
// A longer match one byte further is looked for only where this one is short.
constexpr std::size_t worth_waiting = 16;
// The places within longer copies are not worth remembering.
constexpr std::size_t remembered = 16;
// Where nothing is found for so many bytes, one more is passed over at each step.
constexpr unsigned patience_bits = 6;

// Where in so many bytes at the beginning nearly all places of a key begin a match, and so many that a match is compared
// for every second byte, the newest is nearly as good as the best, and found in half the time.
constexpr std::size_t tried = 16 << 10;
constexpr std::size_t most_compared_share = 2;
constexpr unsigned quick_places = 4;  // what is asked to be small is not made quick

std::uint32_t load32(const std::byte* from) {
    std::uint32_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

std::uint64_t load64(const std::byte* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

struct Match {
    std::size_t length = 0;
    std::size_t distance = 0;
};

// The earlier places of keys, the newest first, in buckets: of each place its last 16 bits, and 16 bits of its key's
// hash, so that most of the others are told without a look at their bytes. Four places go into a word.
template <unsigned Places>
class KeyPlaces {
public:
    KeyPlaces(std::span<const std::byte> bytes, std::size_t element, std::vector<std::uint64_t>& table)
        : bytes_(bytes.data()), size_(bytes.size()), element_(element), table_bits_(table_bits_for(bytes.size())), table_(table) {
        table_.assign(std::size_t{2 * words} << table_bits_, 0);
    }

    [[nodiscard]] bool has_key(std::size_t at) const { return at + key_bytes <= size_; }

    void remember(std::size_t at) {
        const Hash hash(load32(bytes_ + at), table_bits_);
        std::uint64_t* const tags = bucket_of(hash);
        std::uint64_t* const places = tags + words;
        for (unsigned word = words - 1; word > 0; --word) {
            tags[word] = tags[word] << lane_bits | tags[word - 1] >> (64 - lane_bits);
            places[word] = places[word] << lane_bits | places[word - 1] >> (64 - lane_bits);
        }
        tags[0] = tags[0] << lane_bits | hash.tag;
        places[0] = places[0] << lane_bits | (at & lane_mask);
    }

    // The longest match of what begins at `at`, the nearest of equal ones, the element before if it is no shorter by
    // more than one; of length 0 if there is none. With IsQuick only the element before and the newest place are tried.
    template <bool IsQuick>
    [[nodiscard]] Match longest(std::size_t at) {
        Match best;
        ++looks_;
        const std::uint32_t key = load32(bytes_ + at);
        if (at >= element_ && load32(bytes_ + at - element_) == key) {
            best = {length(at - element_, at), element_};
            if (best.length >= long_enough) {
                return best;
            }
        }
        const std::size_t handicap = best.length > 0 ? 1 : 0;
        const Hash hash(key, table_bits_);
        const std::uint64_t* const tags = bucket_of(hash);
        for (unsigned word = 0; word < (IsQuick ? 1 : words); ++word) {
            // The highest bit of each lane whose tag is this one, and perhaps of some above it.
            const std::uint64_t other = tags[word] ^ (hash.tag * every_lane);
            std::uint64_t alike = (other - every_lane) & ~other & (every_lane << (lane_bits - 1)) & (IsQuick ? lane_mask : used_lanes);
            for (; alike != 0; alike &= alike - 1) {
                const unsigned lane = static_cast<unsigned>(std::countr_zero(alike)) / lane_bits * lane_bits;
                const std::size_t distance = (at - (tags[words + word] >> lane)) & lane_mask;
                if (distance == 0 || distance > std::min(at, window_bytes) || load32(bytes_ + at - distance) != key) {
                    continue;  // another key, or a place so far back that its last bits are those of a nearer one
                }
                ++compared_;
                const std::size_t found = length(at - distance, at);
                if (found > best.length + (best.distance == element_ ? handicap : 0)) {
                    best = {found, distance};
                }
            }
        }
        return best;
    }

    // True where nearly all places that are remembered begin a match.
    [[nodiscard]] bool is_dense(std::size_t bytes) const {
        return compared_ * most_compared_share > bytes && compared_ * 4 > looks_ * Places * 3;
    }

private:
    static constexpr unsigned lane_bits = 16;
    static constexpr std::uint64_t lane_mask = 0xffff;
    static constexpr std::uint64_t every_lane = 0x0001000100010001;
    static constexpr unsigned words = (Places + 3) / 4;
    static constexpr std::uint64_t used_lanes = Places >= 4 ? ~std::uint64_t{0} : (std::uint64_t{1} << (lane_bits * Places)) - 1;

    struct Hash {
        Hash(std::uint32_t key, unsigned table_bits) {
            const std::uint32_t product = key * 0x9e3779b1U;
            bucket = product >> (32 - table_bits);
            tag = product >> (32 - table_bits - lane_bits) & lane_mask;
        }
        std::size_t bucket;
        std::uint64_t tag;
    };

    // Tags, then places.
    [[nodiscard]] std::uint64_t* bucket_of(const Hash& hash) const { return table_.data() + hash.bucket * 2 * words; }

    // How many bytes are equal, the key's being so.
    [[nodiscard]] std::size_t length(std::size_t before, std::size_t at) const {
        const std::size_t most = std::min(longest_match, size_ - at);
        std::size_t equal = key_bytes;
        while (equal + 8 <= most) {
            const std::uint64_t differs = load64(bytes_ + before + equal) ^ load64(bytes_ + at + equal);
            if (differs != 0) {
                return equal + static_cast<std::size_t>(std::countr_zero(differs)) / 8;
            }
            equal += 8;
        }
        while (equal < most && bytes_[before + equal] == bytes_[at + equal]) {
            ++equal;
        }
        return equal;
    }

    const std::byte* bytes_;
    std::size_t size_;
    std::size_t element_;
    unsigned table_bits_;
    std::vector<std::uint64_t>& table_;
    std::size_t looks_ = 0;
    std::size_t compared_ = 0;
};

// How far a search has come.
struct Progress {
    std::size_t done = 0;  // bytes before it are told
    std::size_t at = 0;
};

template <bool IsLazy, bool IsQuick, class Keys>
Progress search(std::span<const std::byte> bytes, std::size_t element, Keys& keys, Progress from, std::size_t until,
                std::vector<Copy>& copies) {
    constexpr std::size_t every = IsQuick ? 4 : 1;  // of the places within a copy, that are remembered
    auto [done, at] = from;
    while (at < until && keys.has_key(at)) {
        Match match = keys.template longest<IsQuick>(at);
        keys.remember(at);
        if (match.length == 0) {
            at += 1 + ((at - done) >> patience_bits);
            continue;
        }
        if (IsLazy && match.length < worth_waiting && keys.has_key(at + 1)) {
            const Match later = keys.template longest<IsQuick>(at + 1);
            if (later.length > match.length + 1) {
                match = later;
                keys.remember(++at);
            }
        }
        // Equal bytes in front, which no key began with, belong to it too.
        std::size_t begin = at;
        while (begin > done && begin > match.distance && match.length < longest_match &&
               bytes[begin - 1] == bytes[begin - 1 - match.distance]) {
            --begin;
            ++match.length;
        }
        copies.push_back({static_cast<std::uint32_t>(begin - done), static_cast<std::uint16_t>(match.length),
                           static_cast<std::uint16_t>(match.distance)});
        done = begin + match.length;
        const std::size_t first = match.length <= remembered ? at + 1 : std::max(at + 1, done - std::min(done, element));
        for (std::size_t i = first; i < done && keys.has_key(i); i += every) {
            keys.remember(i);
        }
        at = done;
    }
    return {done, at};
}

}  // namespace

template <unsigned Places, bool IsLazy>
void RepeatSearch::find_with(std::span<const std::byte> bytes, std::size_t element) {
    KeyPlaces<Places> keys(bytes, element, table_);
    const Progress begun = search<IsLazy, false>(bytes, element, keys, {}, tried, copies_);
    if (Places <= quick_places && keys.is_dense(begun.at)) {
        search<false, true>(bytes, element, keys, begun, bytes.size(), copies_);
    } else {
        search<IsLazy, false>(bytes, element, keys, begun, bytes.size(), copies_);
    }
}

std::span<const Copy> RepeatSearch::find(std::span<const std::byte> bytes, std::size_t element, unsigned places) {
    copies_.clear();
    const std::size_t distance = std::min(element, window_bytes);
    switch (places) {
        case 1: find_with<1, false>(bytes, distance); break;
        case 2: find_with<2, false>(bytes, distance); break;
        case 4: find_with<4, true>(bytes, distance); break;
        default: find_with<8, true>(bytes, distance); break;
    }
    return copies_;
}

}  // namespace simdprep::detail
