/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;
import com.hopper.hts.events.HopperApiException;
import com.hopper.hts.events.OffersDisplayed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.session.HopperSessions;
import com.hopper.hts.events.session.SessionRequest;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.Fault;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.artemis.autoconfigure.ArtemisAutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for what Prometheus gets from a whole application.
 */
class PrometheusScrapeTests {

	private static final Duration SECONDS = Duration.ofSeconds(60);

	private static FakeHopperApi api;

	private static ConfigurableApplicationContext context;

	private static String untouched;

	private static String scrape;

	@BeforeAll
	static void operate() throws Exception {
		api = FakeHopperApi.builder().client("client", "secret").start();
		context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.SERVLET)
			.run("--server.port=0", "--management.endpoints.web.exposure.include=prometheus",
					"--hopper.base-url=" + api.baseUrl(), "--hopper.auth.client-id=client",
					"--hopper.auth.client-secret=secret", "--hopper.auth.preflight=off",
					"--hopper.retry.initial-interval=1ms", "--hopper.outbox.type=jdbc",
					"--hopper.outbox.retry.initial-interval=1ms",
					"--management.metrics.distribution.slo.hopper.outbox.delivered=1s,10s",
					"--management.metrics.distribution.slo.hopper.outbox.deliver=100ms",
					"--management.metrics.distribution.percentiles-histogram.hopper.events.publish=true",
					"--management.metrics.distribution.slo.hopper.events.publish.attempts=1,2");
		untouched = scrape();
		OffersDisplayed offers = OffersDisplayed.occurredAt(Instant.now());
		context.getBean(HopperSessions.class).create(SessionRequest.purchase("US", "en")).block(SECONDS);
		EventPublisher publisher = context.getBean(EventPublisher.class);
		api.failNext(1, Fault.reset());
		publisher.publishAndWait("session-1", offers);
		EventOutbox outbox = context.getBean(EventOutbox.class);
		api.failNext(2, Fault.status(503));
		outbox.store("session-1", offers);
		assertThat(outbox.flush(SECONDS)).isTrue();
		api.failNext(1, Fault.status(422));
		outbox.store("session-1", offers);
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThat(context.getBean(EventOutboxOperations.class).replayAll(DeadLetter.Filter.all())).isOne();
		assertThat(outbox.flush(SECONDS)).isTrue();
		assertThatExceptionOfType(HopperApiException.InvalidEvent.class)
			.isThrownBy(() -> publisher.publishAndWait("bad\n", offers));
		scrape = scrape();
	}

	@AfterAll
	static void stop() {
		context.close();
		api.close();
	}

	@Test
	void everyMeterOfTheTableIsScrapedWithItsTagsAndNoOther() throws Exception {
		Map<String, Set<String>> documented = new TreeMap<>();
		Matcher row = Pattern.compile("(?m)^\\| `hopper[a-z.]+` \\| [a-z ]+ \\| (.*?)\\| .* \\| `([a-z_]+)` \\|$")
			.matcher(Files.readString(Path.of("docs/observability.md")));
		while (row.find()) {
			documented.put(row.group(2),
					Arrays.stream(row.group(1).split("[`, ]+"))
						.filter((tag) -> !tag.isEmpty())
						.map((tag) -> tag.replace('.', '_'))
						.collect(Collectors.toCollection(TreeSet::new)));
		}
		// Counts with hopper.enabled=false only
		documented.remove("hopper_events_discarded_total");
		assertThat(tags(scrape)).isEqualTo(documented);
	}

	@Test
	void countersBeginWithZero() {
		assertThat(untouched).contains("hopper_outbox_stored_total{event_type=\"booking_confirmed\"} 0.0",
				"hopper_outbox_delivered_seconds_count{event_type=\"custom\"} 0",
				"hopper_outbox_dead_total{event_type=\"offers_displayed\",reason=\"expired\"} 0.0",
				"hopper_outbox_discarded_total{event_type=\"offers_displayed\",reason=\"overflow\"} 0.0",
				"hopper_outbox_replayed_total{event_type=\"offers_displayed\"} 0.0");
	}

	@Test
	void objectivesAndHistogramsAreThoseOfTheConfiguration() {
		assertThat(scrape).contains(
				"hopper_outbox_delivered_seconds_bucket{event_type=\"offers_displayed\",le=\"1.0\"}",
				"hopper_outbox_delivered_seconds_bucket{event_type=\"offers_displayed\",le=\"10.0\"}",
				"hopper_outbox_deliver_seconds_bucket{error=\"none\",event_type=\"offers_displayed\",le=\"0.1\"}",
				"hopper_events_publish_attempts_bucket{event_type=\"offers_displayed\",outcome=\"delivered\",le=\"1.0\"}");
		assertThat(scrape.lines().filter((line) -> line.startsWith("hopper_events_publish_seconds_bucket{")))
			.hasSizeGreaterThan(50);
	}

	@Test
	void oneNumberTellsThatNoEventIsMissing() {
		assertThat(sum("hopper_outbox_stored_total", "")).isEqualTo(2);
		assertThat(sum("hopper_outbox_stored_total", "") - sum("hopper_outbox_delivered_seconds_count", "")
				- sum("hopper_outbox_discarded_total", "reason=\"rolled_back\"") - sum("hopper_outbox_backlog", "")
				- sum("hopper_outbox_dead_letters", ""))
			.isZero();
	}

	private static double sum(String name, String except) {
		return scrape.lines()
			.filter((line) -> line.matches(name + "[ {].*") && (except.isEmpty() || !line.contains(except)))
			.mapToDouble((line) -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
			.sum();
	}

	/**
	 * Return the tags of what was scraped by name, without long task timers.
	 */
	private static Map<String, Set<String>> tags(String scrape) {
		Map<String, Set<String>> tags = new TreeMap<>();
		Matcher sample = Pattern.compile("(?m)^(hopper_[a-z_]+?)(?:_max|_sum|_count|_bucket)?(?:\\{(.*)})? \\S+$")
			.matcher(scrape);
		while (sample.find()) {
			if (!sample.group(1).contains("_active_seconds")) {
				Set<String> keys = tags.computeIfAbsent(sample.group(1), (name) -> new TreeSet<>());
				Matcher key = Pattern.compile("([a-z_]+)=\"").matcher((sample.group(2) != null) ? sample.group(2) : "");
				while (key.find()) {
					if (!key.group(1).equals("le")) {
						keys.add(key.group(1));
					}
				}
			}
		}
		return tags;
	}

	private static String scrape() throws Exception {
		return HttpClient.newHttpClient()
			.send(HttpRequest
				.newBuilder(URI.create("http://localhost:"
						+ context.getEnvironment().getRequiredProperty("local.server.port") + "/actuator/prometheus"))
				.build(), BodyHandlers.ofString())
			.body();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = { ArtemisAutoConfiguration.class, HibernateJpaAutoConfiguration.class })
	static class Application {

	}

}
