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
package com.hopper.hts.events;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * The customer's booking was confirmed: the API's {@code booking_confirmed} event. Start
 * with {@link #occurredAt(Instant)} and add what is known; everything else is left out of
 * the request.
 *
 * <pre class="code">
 * BookingConfirmed.occurredAt(Instant.now())
 *     .withCfarContractId("b0c5d2c8")
 *     .withBookingReference("cfar", "PNR123");
 * </pre>
 *
 * Every {@code with} method returns a copy. {@code null} and an empty collection mean
 * that the field is left out.
 *
 * @since 0.1.0
 */
public final class BookingConfirmed implements HopperEvent {

	/**
	 * The API's name of this event.
	 */
	public static final String TYPE = "booking_confirmed";

	private final Instant occurredAt;

	private final @Nullable String cfarContractId;

	private final @Nullable String dgContractId;

	private final List<String> cfarOfferIds;

	private final List<String> dgOfferIds;

	private final Map<String, String> bookingReferences;

	private BookingConfirmed(Instant occurredAt, @Nullable String cfarContractId, @Nullable String dgContractId,
			List<String> cfarOfferIds, List<String> dgOfferIds, Map<String, String> bookingReferences) {
		this.occurredAt = occurredAt;
		this.cfarContractId = cfarContractId;
		this.dgContractId = dgContractId;
		this.cfarOfferIds = cfarOfferIds;
		this.dgOfferIds = dgOfferIds;
		this.bookingReferences = bookingReferences;
	}

	/**
	 * Create the event.
	 * @param occurredAt when the booking was confirmed on the customer's device
	 * @return the event, with nothing but its time
	 */
	public static BookingConfirmed occurredAt(Instant occurredAt) {
		return new BookingConfirmed(occurredAt, null, null, List.of(), List.of(), Map.of());
	}

	/**
	 * Create the event.
	 * @param occurredAt when the booking was confirmed on the customer's device, in any
	 * offset
	 * @return the event, with nothing but its time
	 */
	public static BookingConfirmed occurredAt(OffsetDateTime occurredAt) {
		return occurredAt(Copies.instant(occurredAt));
	}

	/**
	 * Set the id of the purchased CFAR (Cancel For Any Reason) contract.
	 * @param cfarContractId the contract's id, or {@code null} if none was purchased
	 * @return a copy with that id
	 */
	public BookingConfirmed withCfarContractId(@Nullable String cfarContractId) {
		return new BookingConfirmed(this.occurredAt, cfarContractId, this.dgContractId, this.cfarOfferIds,
				this.dgOfferIds, this.bookingReferences);
	}

	/**
	 * Set the id of the purchased DG (Disruption Guarantee) contract.
	 * @param dgContractId the contract's id, or {@code null} if none was purchased
	 * @return a copy with that id
	 */
	public BookingConfirmed withDgContractId(@Nullable String dgContractId) {
		return new BookingConfirmed(this.occurredAt, this.cfarContractId, dgContractId, this.cfarOfferIds,
				this.dgOfferIds, this.bookingReferences);
	}

	/**
	 * Set the ids of all CFAR offers that were shown in the session.
	 * @param cfarOfferIds the offers' ids, in the order in which they are sent
	 * @return a copy with those ids
	 */
	public BookingConfirmed withCfarOfferIds(@Nullable Collection<String> cfarOfferIds) {
		return new BookingConfirmed(this.occurredAt, this.cfarContractId, this.dgContractId, Copies.list(cfarOfferIds),
				this.dgOfferIds, this.bookingReferences);
	}

	/**
	 * Set the ids of all CFAR offers that were shown in the session.
	 * @param cfarOfferIds the offers' ids, in the order in which they are sent
	 * @return a copy with those ids
	 */
	public BookingConfirmed withCfarOfferIds(String... cfarOfferIds) {
		return withCfarOfferIds(Copies.list(cfarOfferIds));
	}

	/**
	 * Set the ids of all DG offers that were shown in the session.
	 * @param dgOfferIds the offers' ids, in the order in which they are sent
	 * @return a copy with those ids
	 */
	public BookingConfirmed withDgOfferIds(@Nullable Collection<String> dgOfferIds) {
		return new BookingConfirmed(this.occurredAt, this.cfarContractId, this.dgContractId, this.cfarOfferIds,
				Copies.list(dgOfferIds), this.bookingReferences);
	}

	/**
	 * Set the ids of all DG offers that were shown in the session.
	 * @param dgOfferIds the offers' ids, in the order in which they are sent
	 * @return a copy with those ids
	 */
	public BookingConfirmed withDgOfferIds(String... dgOfferIds) {
		return withDgOfferIds(Copies.list(dgOfferIds));
	}

	/**
	 * Set the airline's own references of the booking, replacing those set before.
	 * @param bookingReferences the references by name, for example {@code cfar} to
	 * {@code PNR123}; sent in the order of their names
	 * @return a copy with those references
	 */
	public BookingConfirmed withBookingReferences(@Nullable Map<String, String> bookingReferences) {
		return new BookingConfirmed(this.occurredAt, this.cfarContractId, this.dgContractId, this.cfarOfferIds,
				this.dgOfferIds, Copies.sortedMap(bookingReferences));
	}

	/**
	 * Add one of the airline's own references of the booking to those set before.
	 * @param name the reference's name, for example {@code cfar}
	 * @param reference the reference, for example {@code PNR123}, or {@code null} to
	 * remove it
	 * @return a copy with that reference
	 */
	public BookingConfirmed withBookingReference(String name, @Nullable String reference) {
		return withBookingReferences(Copies.put(this.bookingReferences, name, reference));
	}

	@Override
	public String type() {
		return TYPE;
	}

	@Override
	public Instant occurredAt() {
		return this.occurredAt;
	}

	/**
	 * Return the id of the purchased CFAR contract.
	 * @return the id, or {@code null} if none was purchased
	 */
	public @Nullable String cfarContractId() {
		return this.cfarContractId;
	}

	/**
	 * Return the id of the purchased DG contract.
	 * @return the id, or {@code null} if none was purchased
	 */
	public @Nullable String dgContractId() {
		return this.dgContractId;
	}

	/**
	 * Return the ids of the CFAR offers that were shown in the session.
	 * @return the ids, unmodifiable, empty if not known
	 */
	public List<String> cfarOfferIds() {
		return this.cfarOfferIds;
	}

	/**
	 * Return the ids of the DG offers that were shown in the session.
	 * @return the ids, unmodifiable, empty if not known
	 */
	public List<String> dgOfferIds() {
		return this.dgOfferIds;
	}

	/**
	 * Return the airline's own references of the booking.
	 * @return the references by name, unmodifiable, empty if none are set
	 */
	public Map<String, String> bookingReferences() {
		return this.bookingReferences;
	}

	@Override
	public boolean equals(Object other) {
		return (this == other) || (other instanceof BookingConfirmed that
				&& Objects.equals(this.occurredAt, that.occurredAt)
				&& Objects.equals(this.cfarContractId, that.cfarContractId)
				&& Objects.equals(this.dgContractId, that.dgContractId) && this.cfarOfferIds.equals(that.cfarOfferIds)
				&& this.dgOfferIds.equals(that.dgOfferIds) && this.bookingReferences.equals(that.bookingReferences));
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.occurredAt, this.cfarContractId, this.dgContractId, this.cfarOfferIds, this.dgOfferIds,
				this.bookingReferences);
	}

	/**
	 * Return a description for logs, which says what is set and not to what.
	 */
	@Override
	public String toString() {
		return "BookingConfirmed[occurredAt=" + this.occurredAt + ", cfarContract=" + (this.cfarContractId != null)
				+ ", dgContract=" + (this.dgContractId != null) + ", cfarOffers=" + this.cfarOfferIds.size()
				+ ", dgOffers=" + this.dgOfferIds.size() + ", bookingReferences=" + this.bookingReferences.size() + "]";
	}

}
