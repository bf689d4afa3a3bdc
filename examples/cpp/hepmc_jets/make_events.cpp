// make_events OUTPUT.hepmc: toy events, a few sprays of pions each.
#include <HepMC3/GenEvent.h>
#include <HepMC3/GenParticle.h>
#include <HepMC3/GenVertex.h>
#include <HepMC3/WriterAscii.h>

#include <cmath>
#include <memory>
#include <random>

int main(int argc, char** argv) {
    if (argc != 2) return 1;
    HepMC3::WriterAscii file(argv[1]);
    std::mt19937 random(1);
    const auto uniform = [&](double low, double high) { return low + (high - low) * random() / std::mt19937::max(); };
    for (int number = 0; number < 200; ++number) {
        HepMC3::GenEvent event(HepMC3::Units::GEV, HepMC3::Units::MM);
        event.set_event_number(number);
        event.weights().push_back(uniform(0.5, 1.5));
        const auto collision = std::make_shared<HepMC3::GenVertex>();
        for (const double beam : {6500.0, -6500.0})
            collision->add_particle_in(
                std::make_shared<HepMC3::GenParticle>(HepMC3::FourVector(0, 0, beam, 6500), 2212, 4));
        for (auto spray = 1 + random() % 5; spray > 0; --spray) {
            const double eta = uniform(-3, 3), phi = uniform(-M_PI, M_PI);
            for (auto pion = 1 + random() % 30; pion > 0; --pion) {
                const double pt = uniform(0.2, 8), pz = pt * std::sinh(eta + uniform(-0.3, 0.3));
                const double angle = phi + uniform(-0.3, 0.3), mass = 0.13957;
                collision->add_particle_out(std::make_shared<HepMC3::GenParticle>(
                    HepMC3::FourVector(pt * std::cos(angle), pt * std::sin(angle), pz, std::hypot(pt, pz, mass)),
                    random() % 2 == 0 ? 211 : -211, 1));
            }
        }
        event.add_vertex(collision);
        file.write_event(event);
    }
}
