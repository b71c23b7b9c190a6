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
package com.hopper.hts.events.booking;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.hopper.hts.events.BookingConfirmed;
import com.hopper.hts.events.outbox.DeadLetter;
import com.hopper.hts.events.outbox.EventOutboxOperations;
import com.hopper.hts.events.test.FakeHopperApi;
import com.hopper.hts.events.test.ReceivedEvent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the page, in a browser.
 */
@EnabledIf(value = "com.hopper.hts.events.booking.Browser#isInstalled",
		disabledReason = "There is no chromium and chromedriver on the PATH: apt-get install chromium chromium-driver")
class BookingPageTests {

	private static Browser browser;

	private static FakeHopperApi api;

	private static ConfigurableApplicationContext application;

	@BeforeAll
	static void start() {
		browser = Browser.start();
		api = FakeHopperApi.builder().token("simulator-token").start();
		application = SpringApplication.run(BookingServiceApplication.class, "--server.port=0",
				"--booking.simulator-url=http://127.0.0.1:" + api.port(), "--booking.database=mem:page",
				"--hopper.outbox.retry.max-interval=1s", "--hopper.outbox.probe-interval=1s");
	}

	@AfterAll
	static void stop() {
		if (browser != null) {
			browser.close();
		}
		if (application != null) {
			application.close();
		}
		if (api != null) {
			api.close();
		}
	}

	@BeforeEach
	void open() {
		application.getBean(Simulator.class).set(Simulator.Mode.UP);
		EventOutboxOperations operations = application.getBean(EventOutboxOperations.class);
		operations.resume();
		operations.discardAll(DeadLetter.Filter.all(), "the next test begins");
		browser.colorScheme("light");
		browser.size(1280, 1000);
		browser.open("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port"));
	}

	@Test
	void bookingThatIsConfirmedWhileTheApiIsDownIsDeliveredOnce() {
		showOffers();
		choose("DOWN");
		String reference = book();
		assertThat(browser.awaitEvent("booking_confirmed", reference, "WAITING")).contains("Stored");
		browser.awaitText("#timeline", "503");
		// After ten attempts the relay takes the API for down
		browser.awaitText("#diagnosis-title", Pattern.compile("1 event waits for the next attempt|The API is down"));
		browser.awaitText("#diagnosis-text", "503");
		browser.awaitNumber("#pending", 1);
		assertThat(received(reference)).isEmpty();
		choose("UP");
		assertThat(browser.awaitEvent("booking_confirmed", reference, "DELIVERED")).contains("Attempt 1 503")
			.contains("Delivered")
			.contains("204");
		browser.awaitText("#diagnosis-title", "Everything is delivered");
		browser.awaitText("#announcer", reference + " is delivered");
		assertThat(received(reference)).hasSize(1);
	}

	@Test
	void eventsHaveTheSessionOfTheCustomer() {
		showOffers();
		browser.click("#protect");
		String reference = book();
		browser.awaitEvent("booking_confirmed", reference, "DELIVERED");
		String sessionId = received(reference).get(0).sessionId();
		assertThat(sessionId).isNotNull();
		assertThat(api.received()).filteredOn((received) -> sessionId.equals(received.sessionId()))
			.extracting((received) -> received.event().type())
			.containsExactly("offers_displayed", "booking_confirmed");
		BookingConfirmed booking = (BookingConfirmed) received(reference).get(0).event();
		assertThat(booking.cfarContractId()).isNotNull();
	}

	@Test
	void refusedEventIsADeadLetterThatCanBeReplayed() {
		showOffers();
		choose("REFUSING");
		String reference = book();
		browser.awaitEvent("booking_confirmed", reference, "DEAD");
		browser.awaitText("#letters", reference);
		browser.awaitText("#letters", "422");
		browser.awaitNumber("#dead", 1);
		browser.awaitText("#diagnosis-title", "1 event was refused");
		choose("UP");
		browser.click("#letters button[aria-label='Replay booking_confirmed " + reference + "']");
		assertThat(browser.awaitEvent("booking_confirmed", reference, "DELIVERED")).contains("Attempt 422", "Replayed");
		browser.awaitGone("#letters li");
		browser.awaitNumber("#dead", 0);
		assertThat(received(reference)).hasSize(1);
	}

	@Test
	void deadLetterCanBeDiscarded() {
		showOffers();
		choose("REFUSING");
		String reference = book();
		browser.click("#letters button[aria-label='Discard booking_confirmed " + reference + "']");
		browser.awaitEvent("booking_confirmed", reference, "DISCARDED");
		browser.awaitGone("#letters li");
		assertThat(received(reference)).isEmpty();
	}

	@Test
	void expiredTokenIsExplained() {
		showOffers();
		choose("TOKEN_EXPIRED");
		String reference = book();
		browser.awaitText("#diagnosis-title", "The API does not accept our token");
		browser.awaitText("#diagnosis-text", "401");
		browser.awaitText("#diagnosis-text", "hopper.auth.token was accepted until");
		browser.awaitText("#diagnosis-when", Pattern.compile("next try|tries now"));
		choose("UP");
		browser.awaitEvent("booking_confirmed", reference, "DELIVERED");
		assertThat(received(reference)).hasSize(1);
	}

	@Test
	void relayIsStoppedAndStartedByKeyboard() {
		showOffers();
		browser.find(By.id("relay")).sendKeys(Keys.ENTER);
		browser.awaitText("#diagnosis-title", "The relay is stopped");
		browser.awaitText("#relay", "Start the relay again");
		browser.find(By.cssSelector("#booking .primary")).sendKeys(Keys.SPACE);
		String reference = reference();
		browser.awaitEvent("booking_confirmed", reference, "WAITING");
		assertThat(received(reference)).isEmpty();
		assertThat(browser.focused().getText()).isEqualTo("Confirm booking");
		browser.find(By.id("relay")).sendKeys(Keys.ENTER);
		browser.awaitEvent("booking_confirmed", reference, "DELIVERED");
		browser.awaitText("#relay", "Stop the relay");
	}

	@Test
	void axeFindsNoSeriousFault() {
		showOffers();
		choose("REFUSING");
		browser.awaitText("#letters", book());
		choose("DOWN");
		browser.click("#booking .primary");
		browser.awaitText("#timeline", "503");
		for (int width : new int[] { 1280, 360 }) {
			browser.size(width, 800);
			assertThat(browser.run("return document.documentElement.scrollWidth <= innerWidth"))
				.as("nothing is wider than " + width + " pixels")
				.isEqualTo(true);
			for (String scheme : new String[] { "light", "dark" }) {
				browser.colorScheme(scheme);
				browser.assertAccessible();
			}
		}
	}

	@Test
	void pageLoadsNothingFromElsewhere() {
		Object hosts = browser.run("return [...new Set(performance.getEntriesByType('resource')"
				+ ".map((entry) => new URL(entry.name).host))].map((host) => host === location.host)");
		assertThat((List<?>) hosts).isEqualTo(List.of(true));
		assertThat(browser.run("return new Promise((done) => { document.addEventListener('securitypolicyviolation',"
				+ " (event) => done(event.effectiveDirective)); fetch('http://127.0.0.1:" + api.port()
				+ "/simulator/events').catch(() => {}); })"))
			.isEqualTo("connect-src");
	}

	private static void showOffers() {
		String displayed = "#timeline > li[data-type='offers_displayed'][data-state='DELIVERED']";
		int before = browser.count(displayed);
		browser.click("#show-offers");
		browser.awaitText("#flights", "NW 214");
		browser.awaitMore(displayed, before);
	}

	private static void choose(String mode) {
		browser.click("#api input[value='" + mode + "']");
		browser.awaitMore("#api[data-mode='" + mode + "']", 0);
	}

	private static String book() {
		browser.click("#booking .primary");
		return reference();
	}

	private static String reference() {
		browser.awaitText("#shop-result", "is confirmed");
		return browser.find(By.id("shop-result")).getText().split(" ")[1];
	}

	private static List<ReceivedEvent> received(String reference) {
		return api.received()
			.stream()
			.filter((received) -> received.event() instanceof BookingConfirmed booking
					&& booking.bookingReferences().equals(Map.of("cfar", reference)))
			.toList();
	}

}
